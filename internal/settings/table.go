package settings

import (
	"log/slog"
	"strings"
)

// row is one setting. A row's key is its path in the file, with dots; its
// environment variable is variablePrefix and the key in capitals with
// underscores.
type row struct {
	key     string
	def     string // text as it would be written; empty means none
	meaning string
	reader  reader
}

const variablePrefix = "SPOTLER_CONNECTOR_"

func (r row) variable() string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(r.key, ".", "_"))
}

// processTable lists the settings of the process.
func processTable(s *Settings) []row {
	return []row{
		{"listen", "127.0.0.1:8080", "where the API, the hooks and the metrics listen", hostPort(&s.Listen)},
		{"data_dir", "data", "folder for everything that is kept on disk", file(&s.DataDir)},
		{"database", "", "sqlite:path or postgres://user:password@host/name; without it, connector.db in data_dir", database(&s.Database)},
		{"key", "", "key that encrypts secrets at rest: 32 bytes as base64 or hexadecimal digits", encryptionKey(&s.Key.Key)},
		{"key_file", "", "file that holds that key when key is not set, made at first start; without it, connector.key in data_dir", file(&s.Key.File)},
		{"previous_keys", "", "keys that may still decrypt, while keys are changed", encryptionKeys(&s.Key.Previous)},
		{"log.level", "info", "what is logged: this and worse", choice(map[string]slog.Level{
			"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}, &s.Log.Level)},
		{"log.format", "text", "how it is logged: for people or for machines", oneOf(&s.Log.Format, "text", "json")},
		{"node", "", "name of this node among those on one database; without it, the host's name", nodeName(&s.Node)},
		{"keep.done", "30d", "how long finished work stays in the database", duration(&s.Keep.Done, hour)},
		{"keep.job_rows", "90d", "how long job rows made by the connector stay in Dataverse", duration(&s.Keep.JobRows, hour)},
	}
}

// environmentTable lists the settings of one environment.
func environmentTable(e *Environment) []row {
	return []row{
		{"name", "main", "name of the environment: lower-case letters, digits and hyphens", environmentName(&e.Name)},

		{"dataverse.url", "", "address of the organisation: https://example.crm4.dynamics.com", must(address(&e.Dataverse.URL))},
		{"dataverse.organisation_id", "", "id of the organisation; a different one keeps the environment off", must(guid(&e.Dataverse.Organisation))},
		{"dataverse.token_url", "", "where tokens are asked for: https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token", must(address(&e.Dataverse.TokenURL))},
		{"dataverse.client_id", "", "id of the app registration", must(text(&e.Dataverse.ClientID))},
		{"dataverse.client_secret", "", "secret of the app registration; must be set unless dataverse.certificate is", secret(&e.Dataverse.ClientSecret)},
		{"dataverse.certificate", "", "file with a certificate of the app registration and its RSA key, as PEM or PFX, instead of the secret", file(&e.Dataverse.Certificate)},
		{"dataverse.certificate_password", "", "password of a PFX file", secret(&e.Dataverse.CertificatePassword)},
		{"dataverse.scope", "", "scope of the token; without it, the organisation's address with /.default", text(&e.Dataverse.Scope)},
		{"dataverse.overrides", "", "assumed paths, verbs and fields of the Web API that differ here, by name", pairs(&e.Dataverse.Overrides)},
		{"dataverse.limits.requests", "6000", "requests that the application user may make in dataverse.limits.window, over all nodes; 0 takes the budget away", number(&e.Dataverse.Limits.Requests, 0, 10_000_000)},
		{"dataverse.limits.execution", "20m", "time that those requests may take together in dataverse.limits.window; 0s is without limit", duration(&e.Dataverse.Limits.Execution, 0)},
		{"dataverse.limits.window", "5m", "time over which Dataverse counts", duration(&e.Dataverse.Limits.Window, second)},

		{"spotler.url", "https://restapi.mailplus.nl/integrationservice-1.1.0", "address of the Mail+ API", address(&e.Spotler.URL)},
		{"spotler.key", "", "consumer key of the Mail+ account", must(text(&e.Spotler.Key))},
		{"spotler.secret", "", "consumer secret of the Mail+ account", must(secret(&e.Spotler.Secret))},
		{"spotler.overrides", "", "assumed paths, verbs and fields of the Mail+ API that differ here, by name", pairs(&e.Spotler.Overrides)},

		{"hook.url", "", "public address of this connector, which Dataverse posts to; needed while ensure is on and no queue is registered", address(&e.Hook.URL)},
		{"hook.id", "", "random part of the hook's path; without it, one is made and kept", hookID(&e.Hook.ID)},
		{"hook.secrets", "", "secrets that a hook may carry: one, or two while they are changed; the first is written to Dataverse; needed unless a queue is registered", hookSecrets(&e.Hook.Secrets)},
		{"ensure", "true", "make the service endpoint and the steps in Dataverse at start", yesNo(&e.Ensure)},

		{"service_bus.address", "", "namespace of Azure Service Bus whose queue brings events too: amqps://example.servicebus.windows.net", brokerAddress(&e.ServiceBus.Address)},
		{"service_bus.queue", "", "name of that queue", text(&e.ServiceBus.Queue)},
		{"service_bus.key_name", "", "name of a shared access policy with the claim Listen", text(&e.ServiceBus.KeyName)},
		{"service_bus.key", "", "key of that policy", secret(&e.ServiceBus.Key)},
		{"service_bus.send_key_name", "", "name of a policy with the claim Send for Dataverse; with it the queue is registered there in place of the hook", text(&e.ServiceBus.SendKeyName)},
		{"service_bus.send_key", "", "key of that policy", secret(&e.ServiceBus.SendKey)},

		{"allow_http", "false", "allow addresses without TLS that are not on this machine, for a sandbox in a container", yesNo(&e.AllowHTTP)},

		{"tables", "contact,lead,account", "tables whose rows are synchronised", tables(&e.Tables)},
		{"columns", "", "columns of the organisation's own that the mapping may use: contact.dh_version: int", columns(&e.Columns)},
		{"mapping", "", "file with the mapping sheet; without it, the default mapping of the manual", file(&e.Mapping)},
		{"time_zone", "Europe/Amsterdam", "zone in which dates are meant", zone(&e.Zone)},

		{"job_log", "all", "job rows made for changes that the connector saw itself", oneOf(&e.JobLog, LogAll, LogFailures, LogNone)},
		{"anonymize_when_inactive", "true", "erase a contact in Spotler when its row is deactivated", yesNo(&e.AnonymizeWhenInactive)},
		{"purge_existing_properties_when_not_set", "false", "empty a property in Spotler when its column is empty", yesNo(&e.PurgeExistingProperties)},
		{"readmit", "when-valid", "when an erased person may come back: as soon as the row is valid, or only by a newer consent", oneOf(&e.Readmit, WhenValid, NewConsent)},

		{"fence.limit", "100", "irreversible operations in fence.window that stop the rest and raise an alert; 0 takes the fence away", number(&e.Fence.Limit, 0, 1_000_000)},
		{"fence.share", "5", "percent of the linked people that may be erased in fence.window, when that is more than fence.limit", number(&e.Fence.Share, 0, 100)},
		{"fence.window", "1h", "time over which the fence counts", duration(&e.Fence.Window, second)},
		{"fence.hold", "0s", "how long an irreversible operation waits and can be cancelled; 0s is at once, as the manual says", duration(&e.Fence.Hold, 0)},

		{"safety_net.jobs_after", "2m", "age at which a Queued job row counts as missed by the hook", duration(&e.Net.JobsAfter, second)},
		{"safety_net.changes_every", "5m", "how often changes that the hook may have missed are read", duration(&e.Net.ChangesEvery, second)},

		{"poll.every", "15m", "how often Spotler is asked what changed there", duration(&e.Poll.Every, second)},
		{"poll.empties", "50", "people who may empty one field in Spotler at once; more are held back with an alert; 0 takes this fence away", number(&e.Poll.Empties, 0, 10_000_000)},
		{"poll.prefer", "newest", "which side a two-way field believes when both have changed and the mapping does not say: ask leaves it to a person", oneOf(&e.Poll.Prefer, PreferCRM, PreferSpotler, PreferNewest, PreferAsk)},
		{"poll.freeze", "6", "how often a two-way field may turn round between both systems within an hour before it is frozen until a person decides; 0 is never", number(&e.Poll.Freeze, 0, 1000)},
		{"poll.bounce_tasks", "none", "which bounces make a task for the owner of the row, to correct the address: hard ones, or all that end in a closed contact", oneOf(&e.Poll.Tasks, TasksNone, TasksHard, TasksAll)},
		{"subscribers.become", "nothing", "what somebody becomes who subscribed in Spotler and is not in Dynamics 365: a lead is always new, a contact is looked for by address first, a membership-entry (Engage 365) is always new", oneOf(&e.Subscribers.Become, BecomeNothing, BecomeLead, BecomeContact, BecomeEntry)},
		{"subscribers.match", "", "text columns by which an existing lead or contact is looked for, instead of the usual way: lastname, address1_postalcode", names(&e.Subscribers.Match)},
		{"subscribers.take_over_ids", "false", "overwrite an external id in Spotler that is not a GUID, and so belongs to another system, with ours", yesNo(&e.Subscribers.TakeOverIDs)},
		{"subscribers.defaults", "", "columns of a new lead or contact and their values, such as leadsourcecode: 8", pairs(&e.Subscribers.Defaults)},
		{"poll.skew", "2m", "how far the clocks of Dynamics 365 and Spotler may be apart: changes closer together are left to a person", duration(&e.Poll.Skew, 0)},
	}
}
