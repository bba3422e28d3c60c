package main

// commands is the command line; each command has a file of its own.
type commands struct {
	Demo    demoCommand    `cmd:"" help:"Start both remotes simulated and the connector, and play a working day."`
	Serve   serveCommand   `cmd:"" help:"Run the connector."`
	Sandbox sandboxCommand `cmd:"" help:"Run the two simulated remotes."`
}
