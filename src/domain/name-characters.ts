/** What names never contain: control characters, and those that change the direction of the text after them. */
export const forbiddenInNames = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
