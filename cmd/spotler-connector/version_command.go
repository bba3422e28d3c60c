package main

import (
	"encoding/json"
	"fmt"
	"runtime"
)

// versionCommand says what this binary is; it asks nobody.
type versionCommand struct {
	JSON bool `name:"json" help:"Print the answer as JSON."`
}

// built is what version prints as JSON.
type built struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Run prints the version.
func (c *versionCommand) Run(s streams) error {
	b := built{release(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(b)
	}
	_, err := fmt.Fprintf(s.out, "spotler-connector %s (%s, %s)\n", b.Version, b.Go, b.Platform)
	return err
}
