package main

import (
	"context"
)

type demoCommand struct{}

func (c *demoCommand) Run(ctx context.Context, io streams) error { return nil }
