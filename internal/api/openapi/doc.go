// Package openapi is the API as api/openapi.yaml defines it, in Go: types, the
// server's routes and a client. It is generated (make generate); write nothing
// here by hand.
package openapi
