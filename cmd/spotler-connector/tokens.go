package main

import (
	"context"
	"fmt"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
)

// tokensCommand says who may use the API; it needs a token for all environments.
type tokensCommand struct {
	List tokensListCommand `cmd:"" help:"Show the tokens, without what they are made of."`
	Make tokensMakeCommand `cmd:"" help:"Make a token; it is shown once."`
	Drop tokensDropCommand `cmd:"" help:"Take a token back."`
}

type tokensListCommand struct {
	connection
}

// Run shows the tokens, oldest first.
func (c *tokensListCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	list, err := read[openapi.TokenList](succeed(cl.api.ListTokens(ctx)))
	if err != nil {
		return err
	}
	return cl.print(list, func(s *printer) {
		rows := make([][]string, len(list.Tokens))
		for i, t := range list.Tokens {
			rows[i] = []string{t.Id, s.moment(t.CreatedAt), first(value(t.Environment), "(all)"), t.Name}
		}
		s.table([]string{"TOKEN", "MADE", "ENVIRONMENT", "FOR"}, rows, nil)
	})
}

type tokensMakeCommand struct {
	Name string `arg:"" help:"Who or what the token is for."`
	// To leave the scope out must not make an administrator.
	Env string `short:"e" xor:"scope" required:"" placeholder:"NAME" help:"For this environment only."`
	All bool   `xor:"scope" required:"" help:"For all environments, and to make and drop tokens; one of --env and --all must be given."`
	connection
}

// Run makes a token. Its secret alone goes to the output, so that a script can
// take it from there.
func (c *tokensMakeCommand) Run(ctx context.Context, s streams) error {
	if c.Env == "" && !c.All {
		return plainly(fault.NotValid, "--env is empty: name an environment, or use --all")
	}
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	made, err := read[openapi.CreatedToken](succeed(cl.api.CreateToken(ctx, openapi.NewToken{Name: c.Name, Environment: some(c.Env)})))
	if err != nil {
		return err
	}
	if !c.JSON {
		if _, err := fmt.Fprintf(cl.note, "Token %s is made. What follows is shown only now; keep it secret.\n", printable(made.Token.Id)); err != nil {
			return err
		}
	}
	return cl.print(made, func(s *printer) { s.line("%s", printable(made.Secret)) })
}

type tokensDropCommand struct {
	ID string `arg:"" help:"Id of the token, as tokens list shows it."`
	connection
}

// dropped is what tokens drop prints as JSON.
type dropped struct {
	ID string `json:"id"`
}

// Run takes the token back.
func (c *tokensDropCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	if _, err := succeed(cl.api.DeleteToken(ctx, c.ID)); err != nil {
		return err
	}
	return cl.print(dropped{c.ID}, func(s *printer) { s.line("Token %s is taken back; nobody can use it any more.", printable(c.ID)) })
}
