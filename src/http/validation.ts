import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/**
 * Checks a part of a request against its schema. Values are converted (a number in a query is text) only if they don't
 * fit as they are: converting walks through the schema every time, which would be expensive in a rush of viewers.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = (route) => {
  const fits = Compile(route.schema);
  const convert = TypeBoxValidatorCompiler(route);
  return (value: unknown) => (fits.Check(value) ? { value } : convert(value));
};
