/** The credential helper for a registry whose passwords are made anew every few hours, and how else to get one. */
interface CloudLogin {
  readonly hosts: RegExp;
  readonly hint: (host: string) => string;
}

const CLOUD_LOGINS: readonly CloudLogin[] = [
  {
    hosts: /^(?:[^.]+\.dkr\.ecr(?:-fips)?\.[^.]+\.amazonaws\.com(?:\.cn)?|public\.ecr\.aws)$/,
    hint: (host) =>
      `Install docker-credential-ecr-login and add "credHelpers": {"${host}": "ecr-login"} to ~/.docker/config.json, or set auth-refresh in the selection`,
  },
  {
    hosts: /^(?:(?:.+\.)?gcr\.io|.+-docker\.pkg\.dev)$/,
    hint: (host) =>
      `Install docker-credential-gcr, or run gcloud auth configure-docker ${host}; both write credHelpers into ~/.docker/config.json`,
  },
  {
    hosts: /^.+\.azurecr\.io$/,
    hint: (host) =>
      `Install docker-credential-acr-env and add "credHelpers": {"${host}": "acr-env"} to ~/.docker/config.json, or run az acr login`,
  },
];

/** The next step of somebody who has no credentials for a registry, or the wrong ones. */
export function loginHint(registry: string): string {
  const cloud = CLOUD_LOGINS.find(({ hosts }) => hosts.test(registry));
  return (
    cloud?.hint(registry) ??
    `Log in with docker login ${registry}, give a file with --authfile, or set auth in the selection`
  );
}
