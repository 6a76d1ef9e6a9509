import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/**
 * Checks a part of a request against its schema. Only what does not fit as it is (a number in a query is a text) is
 * converted first: converting walks through the schema each time, which a rush of viewers would pay for.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = (route) => {
  const fits = Compile(route.schema);
  const convert = TypeBoxValidatorCompiler(route);
  return (value: unknown) => (fits.Check(value) ? { value } : convert(value));
};
