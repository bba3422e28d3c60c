package spotler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Endpoint is one call of Mail+: ours, or one that an account says it serves.
type Endpoint struct {
	Name    string `json:"name,omitempty"` // in our tables; empty for what an account says
	Verb    string `json:"verb"`
	Path    string `json:"path"` // without a leading slash
	Assumed bool   `json:"assumed,omitempty"`
}

// Shape is the verb and the path with every parameter written as {}, by which
// endpoints are compared.
func (e Endpoint) Shape() string {
	parts := strings.Split(strings.Trim(e.Path, "/"), "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") && strings.HasSuffix(p, "}") {
			parts[i] = "{}"
		}
	}
	return e.Verb + " " + strings.Join(parts, "/")
}

// Endpoints lists the calls this client makes, the overrides of its Config
// applied, except those that read the documentation itself. By name.
func (c *Client) Endpoints() []Endpoint {
	var list []Endpoint
	for name, r := range c.words.routes {
		if name != "docs" && name != "docs.resource" {
			list = append(list, Endpoint{name, r.verb, r.path, r.assumed})
		}
	}
	slices.SortFunc(list, func(a, b Endpoint) int { return strings.Compare(a.Name, b.Name) })
	return list
}

var errNoListing = errors.New("the answer is not a Swagger 1.2 listing")

// maxResources bounds how many resources of a listing are read.
const maxResources = 100

// APIDocs reads what the account says it serves: the Swagger 1.2 listing and one
// document per resource (Mail+ API section 1). The vendor keeps it under the
// unversioned base.
func (c *Client) APIDocs(ctx context.Context) ([]Endpoint, error) {
	const op = "spotler.APIDocs"
	names, err := read(ctx, c, call{op: op, path: "docs"}, decodeListing)
	if err != nil {
		return nil, err
	}
	var served []Endpoint
	for _, name := range names {
		endpoints, err := read(ctx, c, call{op: op, path: "docs.resource", id: name}, decodeResource)
		if err != nil {
			return nil, err
		}
		served = append(served, endpoints...)
	}
	return served, nil
}

func decodeListing(body []byte) ([]string, error) {
	var wire struct {
		APIs []struct {
			Path string `json:"path"`
		} `json:"apis"`
	}
	if json.Unmarshal(body, &wire) != nil || len(wire.APIs) == 0 || len(wire.APIs) > maxResources {
		return nil, errNoListing
	}
	var names []string
	for _, a := range wire.APIs {
		name := a.Path[strings.LastIndex(a.Path, "/")+1:]
		if word(name) == "" {
			return nil, errNoListing
		}
		names = append(names, name)
	}
	return names, nil
}

func decodeResource(body []byte) ([]Endpoint, error) {
	var wire struct {
		APIs []struct {
			Path       string `json:"path"`
			Operations []struct {
				Method     string `json:"method"`
				HTTPMethod string `json:"httpMethod"` // as Swagger 1.1 spells it
			} `json:"operations"`
		} `json:"apis"`
	}
	if json.Unmarshal(body, &wire) != nil {
		return nil, errNoListing
	}
	var list []Endpoint
	for i, a := range wire.APIs {
		path := strings.Trim(strings.ReplaceAll(a.Path, ".{format}", ""), "/")
		if path == "" || len(path) > 200 || strings.Trim(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/{}.") != "" {
			return nil, fmt.Errorf("api %d: %w", i, errNoListing)
		}
		for _, o := range a.Operations {
			verb := strings.ToUpper(o.Method + o.HTTPMethod)
			if !slices.Contains(verbs, verb) {
				return nil, fmt.Errorf("api %d: %w", i, errNoListing)
			}
			list = append(list, Endpoint{Verb: verb, Path: path})
		}
	}
	return list, nil
}
