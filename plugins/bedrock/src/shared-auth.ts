// What another plugin may use of this one: signing in to AWS, for Bedrock's endpoints that speak OpenAI's protocols.
export { type Auth, createAuth, type Identity } from './auth.ts';
export { type AuthConfig, authSchema } from './auth-config.ts';
export { serviceEndpoint } from './endpoint.ts';
