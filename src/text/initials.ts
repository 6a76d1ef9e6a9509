/** What stands for a user in a small circle: the first letters or digits of the name, `ar` for `a-rather-long-name`. */
export function initials(username: string): string {
  return username.replaceAll(/[^a-z\d]/gi, '').slice(0, 2) || username.slice(0, 2);
}
