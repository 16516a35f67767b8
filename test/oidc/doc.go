// Package oidc lets the program sign people in through a real OpenID Connect provider: zitadel's, which is certified, run
// inside the test, and as the command provider for the browser stories. It is a module of its own, so that the provider's
// dependencies never decide a version of the program's.
package oidc
