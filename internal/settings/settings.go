// Package settings holds what an operator decides before the connector starts:
// where it listens, where it keeps its data, and which environments it joins.
// One table per level (table.go) says each setting's name, default and meaning;
// the file, the environment variables, the help text and the manual follow it.
package settings

import (
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// Settings is how one process is set up. Build it with Read or Load.
type Settings struct {
	Listen   string // host:port of the API, the hooks and the metrics
	DataDir  string // made by its owner when absent
	Database Database
	Key      KeySource
	Log      Log
	Node     string // tells nodes on one database apart; never empty
	Keep     Keep
	// Environments are in the order of the file. It is empty when none is set up,
	// which is enough for demo and for looking at an installation.
	Environments []Environment
	// Warnings are sentences about what was set but not understood and does no
	// harm, such as an environment variable with a wrong name.
	Warnings []string
}

// Environment returns the environment called name.
func (s Settings) Environment(name connector.Environment) (Environment, bool) {
	for _, e := range s.Environments {
		if e.Name == name {
			return e, true
		}
	}
	return Environment{}, false
}

// The databases.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Database is where state is kept.
type Database struct {
	Kind string // SQLite or Postgres
	Path string // the file, of SQLite
	URL  Secret // the connection URL, of Postgres: it may hold a password
}

// KeySource is where the key that encrypts secrets at rest comes from: Key when
// it is set, else File, which the store's owner makes at first start (mode 0600).
type KeySource struct {
	Key      Secret
	File     string
	Previous []Secret // keys that may still decrypt, during a rotation
}

// KeySize is the length of an encryption key in bytes.
const KeySize = 32

// ParseKey decodes an encryption key: KeySize bytes as base64 or as hexadecimal
// digits. False when it is neither.
func ParseKey(s Secret) ([]byte, bool) {
	text := s.Reveal()
	if key, err := hex.DecodeString(text); err == nil && len(key) == KeySize {
		return key, true
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if key, err := encoding.DecodeString(text); err == nil && len(key) == KeySize {
			return key, true
		}
	}
	return nil, false
}

// Log is how the process writes its log.
type Log struct {
	Level  slog.Level
	Format string // "text" or "json"
}

// Keep is how long what is finished stays.
type Keep struct {
	Done    time.Duration // finished ops, requests and tellings in our store
	JobRows time.Duration // job rows that the connector itself made in Dataverse
}

// Environment is one Dataverse organisation joined to one Spotler account.
// Environments share nothing.
type Environment struct {
	Name      connector.Environment
	Dataverse Dataverse
	Spotler   Spotler
	Hook      Hook
	// ServiceBus brings events beside the hook; without an address it is not used.
	ServiceBus ServiceBus
	Net        SafetyNet
	Poll       Poll
	// Subscribers are people who are in Spotler only.
	Subscribers Subscribers
	Fence       Fence

	Tables  []connector.Table // the tables whose rows are synchronised
	Mapping string            // path of the mapping sheet; empty means the manual's default mapping
	// Columns are columns of the organisation's own, by table, so that the
	// mapping can be checked before anything is read.
	Columns map[connector.Table][]schema.Column
	Zone    *time.Location // in which dates without a time are meant

	JobLog                  JobLog
	AnonymizeWhenInactive   bool // manual: "Anonymize Contact When Inactive"
	PurgeExistingProperties bool // manual: "PurgeExistingPropertiesWhenNotSet"
	Readmit                 Readmit
	Ensure                  bool // make the service endpoint and steps in Dataverse at start
	AllowHTTP               bool // addresses without TLS are allowed off this machine
}

// Dataverse is how an environment reaches its organisation.
type Dataverse struct {
	URL          string             // without a slash at the end
	Organisation connector.RecordID // what WhoAmI must answer, and what hooks must carry
	TokenURL     string
	ClientID     string
	ClientSecret Secret // zero when there is a Certificate
	// Certificate is the path of a file with a certificate and its key, PEM or PFX,
	// that signs instead of the secret; empty when there is a ClientSecret.
	Certificate         string
	CertificatePassword Secret // of a PFX file
	Scope               string // never empty: the URL with /.default unless set
	// Overrides replaces assumed paths, verbs and fields by name.
	Overrides map[string]string
	Limits    Limits
}

// Limits are the service protection limits of an application user (reference:
// dataverse-api 3), which all nodes share.
type Limits struct {
	Requests  int           // in a Window; 0 is no budget
	Execution time.Duration // together, in a Window; 0 is without limit
	Window    time.Duration
}

// Spotler is how an environment reaches its Mail+ account.
type Spotler struct {
	URL    string // without a slash at the end
	Key    string
	Secret Secret
	// Overrides replaces assumed paths, verbs and fields by name.
	Overrides map[string]string
}

// Hook is how Dataverse reaches us.
type Hook struct {
	URL string // public address of this connector, without a slash at the end; empty when Ensure is off
	// ID is the random part of the hook's path. Empty means that the store
	// makes and keeps one.
	ID string
	// Secrets are valid at the same time: one, or two while they are changed. The
	// first is the one that is written to Dataverse.
	Secrets []Secret
}

// ServiceBus is a queue to which Dataverse sends the same events as to a hook.
type ServiceBus struct {
	Address string // amqps://namespace.servicebus.windows.net, or any AMQP 1.0 broker
	Queue   string
	KeyName string
	Key     Secret
	// SendKeyName and SendKey are what Dataverse signs in with. With them the queue is
	// registered in Dataverse as the endpoint of all steps, in place of the hook.
	SendKeyName string
	SendKey     Secret
}

// Registered reports whether the queue stands in place of the hook.
func (b ServiceBus) Registered() bool { return b.SendKeyName != "" }

// Host is the host name of the namespace.
func (b ServiceBus) Host() string {
	_, host, _ := strings.Cut(b.Address, "://")
	return host
}

// SafetyNet finds what the webhook lost.
type SafetyNet struct {
	JobsAfter    time.Duration // a job row that is Queued for longer was missed
	ChangesEvery time.Duration // how often change tracking is read
}

// Poll is how what changes in Spotler comes back (manual: "Syncing from Spotler to
// Dynamics 365").
type Poll struct {
	Every   time.Duration // how often Spotler is asked for changes
	Empties int           // so many people may empty one field in one window; 0 takes the fence away
	Prefer  Prefer
	Skew    time.Duration // how far the clocks of the two systems may be apart
	Freeze  int           // so many turns of a field within an hour freeze it; 0 is never
	Tasks   Tasks         // which bounces make a task for the owner of the row
}

// Subscribers is what becomes of people who are in Spotler and not in Dynamics 365
// (manual: "New Subscribers").
type Subscribers struct {
	Become      Become
	TakeOverIDs bool              // an external id of another system is overwritten with ours
	Match       []string          // columns by which an existing row is found; none is the usual way
	Defaults    map[string]string // columns of a new row and their values, such as its source
}

// Become is what a new subscriber becomes.
type Become string

// The values of the setting subscribers.become.
const (
	BecomeNothing Become = "nothing"
	BecomeLead    Become = "lead"             // always a new one
	BecomeContact Become = "contact"          // the one with this address, else a new one
	BecomeEntry   Become = "membership-entry" // of Engage 365, always a new one
)

// Tasks says which bounces make a task for the owner of the row (manual: "Bounces",
// How to solve bounces).
type Tasks string

// The values of the setting poll.bounce_tasks.
const (
	TasksNone Tasks = "none"
	TasksHard Tasks = "hard"
	TasksAll  Tasks = "all" // four soft bounces in a row as well
)

// Prefer says which side a two-way field believes when both have changed.
type Prefer string

// The values of the setting poll.prefer.
const (
	PreferCRM     Prefer = "crm"
	PreferSpotler Prefer = "spotler"
	PreferNewest  Prefer = "newest"
	PreferAsk     Prefer = "ask"
)

// Fence stops irreversible operations when too many come at once.
type Fence struct {
	Limit  int           // so many in a Window stop the rest; 0 takes the fence away
	Share  int           // or so many percent of the linked people, when that is more
	Window time.Duration //
	Hold   time.Duration // how long each one waits, and can be cancelled, first; 0 is at once
}

// Allowed is how many irreversible operations may pass in a Window when so many
// people are linked; false when there is no fence.
func (f Fence) Allowed(linked int) (int, bool) {
	return max(f.Limit, linked*f.Share/100), f.Limit > 0
}

// JobLog says which job rows the connector makes for changes it saw itself.
type JobLog string

// The values of the setting job_log.
const (
	LogAll      JobLog = "all" // as the manual shows it
	LogFailures JobLog = "failures"
	LogNone     JobLog = "none"
)

// Readmit says when an erased person may be created in Spotler again.
type Readmit string

// The values of the setting readmit.
const (
	WhenValid  Readmit = "when-valid"  // active, with a valid address (the manual's rule)
	NewConsent Readmit = "new-consent" // only by a consent newer than the erasure
)
