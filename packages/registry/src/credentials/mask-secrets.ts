/** What of an `Authorization` nobody may see: what is behind its scheme, and the password in it. */
export function secretsOf(authorization: string | undefined): readonly string[] {
  const [, scheme = "", secret = ""] = /^(\S+) +(.*)$/s.exec(authorization ?? "") ?? [];
  if (scheme.toLowerCase() !== "basic") return [secret];
  const login = Buffer.from(secret, "base64").toString();
  return [secret, login.slice(login.indexOf(":") + 1)];
}

/** Some servers repeat in their answer what they were sent: their words without it. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .filter((form) => form !== "")
    .reduce((rest, form) => rest.replaceAll(form, "***"), text);
}
