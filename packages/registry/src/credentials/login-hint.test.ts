import { expect, test } from "vitest";
import { loginHint } from "./login-hint.ts";

test.each([
  ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "docker-credential-ecr-login"],
  ["123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "docker-credential-ecr-login"],
  ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "docker-credential-ecr-login"],
  ["public.ecr.aws", "docker-credential-ecr-login"],
  ["gcr.io", "docker-credential-gcr"],
  ["eu.gcr.io", "docker-credential-gcr"],
  ["europe-docker.pkg.dev", "docker-credential-gcr"],
  ["team.azurecr.io", "docker-credential-acr-env"],
  ["r.io:5000", "docker login r.io:5000"],
  ["dkr.ecr.amazonaws.com", "docker login"],
  ["gcr.io.evil.com", "docker login"],
  ["notgcr.io", "docker login"],
  ["docker.pkg.dev", "docker login"],
  ["azurecr.io.evil.com", "docker login"],
])("loginHint() sends whoever uses %s to %s", (registry, expected) => {
  expect(loginHint(registry)).toContain(expected);
});
