package api

import (
	"context"
	"fmt"
	"unicode/utf8"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

func shownToken(t store.Token) openapi.Token {
	return openapi.Token{Id: t.ID, Name: t.Name, Environment: some(string(t.Environment)), CreatedAt: t.CreatedAt}
}

// ListTokens answers with every token, without its digest.
func (s *server) ListTokens(ctx context.Context, _ openapi.ListTokensRequestObject) (openapi.ListTokensResponseObject, error) {
	all, err := s.Store.Tokens(ctx)
	if err != nil {
		return nil, fmt.Errorf("api: tokens: %w", err)
	}
	out := openapi.TokenList{Tokens: []openapi.Token{}}
	for _, t := range all {
		out.Tokens = append(out.Tokens, shownToken(t))
	}
	return openapi.ListTokens200JSONResponse(out), nil
}

// CreateToken makes a token and shows its secret, once.
func (s *server) CreateToken(ctx context.Context, r openapi.CreateTokenRequestObject) (openapi.CreateTokenResponseObject, error) {
	if n := utf8.RuneCountInString(r.Body.Name); n < 1 || n > 100 || hasControl(r.Body.Name) {
		return nil, notValid("api.CreateToken", "name must be 1 to 100 characters that can be printed: say who or what the token is for")
	}
	env := value(r.Body.Environment)
	if r.Body.Environment != nil { // an empty name must not become a token for all
		if _, err := s.environment(env); err != nil {
			return nil, err
		}
	}
	t, secret, err := MakeToken(ctx, s.Store, r.Body.Name, connector.Environment(env), s.Now())
	if err != nil {
		return nil, err
	}
	return openapi.CreateToken201JSONResponse{Token: shownToken(t), Secret: secret}, nil
}

// DeleteToken takes a token back; not the last administrator's, since nobody
// could make another then.
func (s *server) DeleteToken(ctx context.Context, r openapi.DeleteTokenRequestObject) (openapi.DeleteTokenResponseObject, error) {
	all, err := s.Store.Tokens(ctx)
	if err != nil {
		return nil, fmt.Errorf("api: delete token: %w", err)
	}
	administrators, last := 0, false
	for _, t := range all {
		if t.Environment == "" {
			administrators++
			last = last || t.ID == r.Id
		}
	}
	if last && administrators == 1 {
		return nil, &fault.Error{Op: "api.DeleteToken", Kind: fault.Conflict, Says: "this is the last token for all environments: make another one first"}
	}
	found, err := s.Store.DropToken(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("api: delete token: %w", err)
	}
	if !found {
		return nil, &fault.Error{Op: "api.DeleteToken", Kind: fault.NotFound, Says: "there is no token with this id"}
	}
	return openapi.DeleteToken204Response{}, nil
}
