package transport

import (
	"context"
	"net/http"
)

type routeKey struct{}

// WithRoute notes the fixed part of the path a request is for, such as
// "contact/{id}". Paths carry external ids, and those may be e-mail addresses,
// so errors and metrics show the route in place of the path.
func WithRoute(ctx context.Context, route string) context.Context {
	return context.WithValue(ctx, routeKey{}, route)
}

// Route is the route noted on r by WithRoute, or "" when there is none. It is
// the label function for Count of every client that notes routes.
func Route(r *http.Request) string {
	route, _ := r.Context().Value(routeKey{}).(string)
	return route
}

// place says where r was going without a word that is personal: verb, host and route.
func place(r *http.Request) string {
	route := Route(r)
	if route == "" {
		route = "…"
	}
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	return method + " " + r.URL.Host + "/" + route
}
