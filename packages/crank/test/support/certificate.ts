/** A certificate of its own authority for localhost and good.test, for servers of tests; its key is no secret. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBoDCCAUagAwIBAgIUQev8O/ZgrsbUU6EktsGtkh9wnwowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDA1Mzc0M1oYDzIxMjYxMDMx
MDUzNzQzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATDoRbkr/r989Bq3scen+bLxXLoVkGlNjGjSaJyx4BVQqCTKDilXekP
JBvyd7V6eL1BQ5BOvp/7KfzOkaqWqClQo3QwcjAdBgNVHQ4EFgQUw9k5tWCHG6Nu
pEodPsG/wQIMNuowHwYDVR0jBBgwFoAUw9k5tWCHG6NupEodPsG/wQIMNuowHwYD
VR0RBBgwFoIJbG9jYWxob3N0gglnb29kLnRlc3QwDwYDVR0TAQH/BAUwAwEB/zAK
BggqhkjOPQQDAgNIADBFAiEAodpgOClQAFO4tGv2D6VG47pJdQ7hPEfYSvWO/BeM
6JQCIG+51nWkZ335KdcZKol6xONEnokqwMzVN/Tk1BjMOAI9
-----END CERTIFICATE-----
`;

/** The key behind it. */
export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgl1PY3AFi3jCJ2aHs
Rq4A7QFgQQlPFVOerQesbPL8yx6hRANCAATDoRbkr/r989Bq3scen+bLxXLoVkGl
NjGjSaJyx4BVQqCTKDilXekPJBvyd7V6eL1BQ5BOvp/7KfzOkaqWqClQ
-----END PRIVATE KEY-----
`;
