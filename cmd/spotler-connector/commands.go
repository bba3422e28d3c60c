package main

// commands is the command line; each command has a file of its own.
type commands struct {
	Demo     demoCommand     `cmd:"" help:"Start both remotes simulated and the connector, and play a working day."`
	Serve    serveCommand    `cmd:"" help:"Run the connector."`
	Sandbox  sandboxCommand  `cmd:"" help:"Run the simulated remotes."`
	Status   statusCommand   `cmd:"" help:"Say how the connector is doing; exit 1 when an environment is off or something must be mended."`
	Sync     syncCommand     `cmd:"" help:"Make Spotler look like the CRM for some records."`
	Load     loadCommand     `cmd:"" help:"Bring every row of a table over, as at the beginning."`
	Explain  explainCommand  `cmd:"" help:"Say why one person is, or is not, in Spotler, and what would change that."`
	Jobs     jobsCommand     `cmd:"" help:"Look at jobs and ask for them."`
	Poll     pollCommand     `cmd:"" help:"Read what changed in Spotler."`
	Reviews  reviewsCommand  `cmd:"" help:"Look at the questions that only a person can answer, and answer them."`
	Gates    gatesCommand    `cmd:"" help:"Lift the pauses of the remote APIs."`
	Fence    fenceCommand    `cmd:"" help:"Let pass what the fence stopped."`
	Consent  consentCommand  `cmd:"" help:"Look at the ledger of consent."`
	Receipts receiptsCommand `cmd:"" help:"Look at the receipts of people who were erased."`
	Mapping  mappingCommand  `cmd:"" help:"Look after the mapping: which column goes to which field."`
	Triggers triggersCommand `cmd:"" help:"Say which events of Dataverse we listen to."`
	Tokens   tokensCommand   `cmd:"" help:"Say who may use the API."`
	Store    storeCommand    `cmd:"" help:"Look after the database; the connector must be stopped."`
	Probe    probeCommand    `cmd:"" help:"Compare a Mail+ account with what we assume of its API; it only reads, and exits with 1 when something differs."`
	Version  versionCommand  `cmd:"" help:"Say what this binary is."`
}
