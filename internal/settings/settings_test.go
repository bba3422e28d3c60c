package settings_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
)

func source(t *testing.T, file string, environ ...string) settings.Source {
	t.Helper()
	src := settings.Source{Environ: environ, Folder: "etc", Hostname: "alpha", ReadFile: func(name string) ([]byte, error) {
		if name != filepath.Join("etc", "spotler.secret") {
			return nil, fs.ErrNotExist
		}
		return []byte("from-a-file\n"), nil
	}}
	if file != "" {
		src.File = []byte(file)
	}
	return src
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestNothingIsSet(t *testing.T) {
	s, err := settings.Load(source(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	if s.Listen != "127.0.0.1:8080" || s.DataDir != "data" || s.Node != "alpha" || len(s.Environments) != 0 {
		t.Errorf("unexpected defaults: %+v", s)
	}
	if want := (settings.Database{Kind: settings.SQLite, Path: filepath.Join("data", "connector.db")}); s.Database != want {
		t.Errorf("database %+v, want %+v", s.Database, want)
	}
	if s.Key.File != filepath.Join("data", "connector.key") || s.Keep.JobRows != 90*24*time.Hour {
		t.Errorf("key file %q, job rows %s", s.Key.File, s.Keep.JobRows)
	}
}

func TestFile(t *testing.T) {
	s, err := settings.Load(source(t, fixture(t, "two.yaml"), "SHOP_SECRET=from-a-variable", "SPOTLER_CONNECTOR_LISTEN=127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Listen != "127.0.0.1:0" || s.DataDir != filepath.Join("etc", "var") || s.Database.URL.Reveal() != "postgres://connector:pa55word@db.example/connector" {
		t.Errorf("process: %+v", s)
	}
	shop, ok := s.Environment("shop")
	if !ok {
		t.Fatal("no environment shop")
	}
	want := settings.Environment{
		Name: "shop",
		Dataverse: settings.Dataverse{URL: "https://shop.crm4.dynamics.example", Organisation: "6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11",
			TokenURL: "https://login.example/shop/oauth2/v2.0/token", ClientID: "shop-client", ClientSecret: settings.NewSecret("from-a-variable"),
			Scope: "https://shop.crm4.dynamics.example/.default", Overrides: map[string]string{"whoami": "WhoAmI2"}, Limits: settings.Limits{Requests: 6000, Execution: 20 * time.Minute, Window: 5 * time.Minute}},
		Spotler: settings.Spotler{URL: "https://mail.example/api", Key: "shop-key", Secret: settings.NewSecret("from-a-file")},
		Hook: settings.Hook{URL: "https://connector.example", ID: "abcdefghijklmnop0123",
			Secrets: []settings.Secret{settings.NewSecret("0123456789abcdef"), settings.NewSecret("fedcba9876543210")}},
		Net:         settings.SafetyNet{JobsAfter: 2 * time.Minute, ChangesEvery: 5 * time.Minute},
		Poll:        settings.Poll{Every: 15 * time.Minute, Empties: 50, Prefer: settings.PreferNewest, Skew: 2 * time.Minute, Freeze: 6, Tasks: settings.TasksNone},
		Subscribers: settings.Subscribers{Become: settings.BecomeNothing},
		Fence:       settings.Fence{Limit: 7, Window: 10 * time.Minute, Hold: 24 * time.Hour},
		Tables:      []connector.Table{connector.Contact},
		Mapping:     filepath.Join("etc", "shop.yaml"),
		Columns: map[connector.Table][]schema.Column{connector.Contact: {
			{Name: "dh_version", Schema: "dh_version", Label: "dh_version", Kind: schema.Int},
			{Name: "dh_since", Schema: "dh_since", Label: "dh_since", Kind: schema.DateOnly}}},
		Zone: time.UTC, JobLog: settings.LogNone, PurgeExistingProperties: true, Readmit: settings.NewConsent,
	}
	if !shop.ServiceBus.Key.IsZero() {
		t.Error("a key of Service Bus came from nowhere")
	}
	shop.ServiceBus.Key, want.ServiceBus.Key = settings.NewSecret("x"), settings.NewSecret("x")
	shop.ServiceBus.SendKey, want.ServiceBus.SendKey = settings.NewSecret("x"), settings.NewSecret("x") // no two empty secrets are equal
	if diff := cmp.Diff(want, shop, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
		cmp.Comparer(func(a, b settings.Secret) bool { return a.Equal(b) || a.IsZero() && b.IsZero() })); diff != "" {
		t.Errorf("shop (-want +got):\n%s", diff)
	}
	club, _ := s.Environment("club")
	if !club.Ensure || !club.AnonymizeWhenInactive || club.PurgeExistingProperties || club.JobLog != settings.LogAll || len(club.Tables) != 3 || club.Zone.String() != "Europe/Amsterdam" {
		t.Errorf("the defaults of an environment: %+v", club)
	}
}

func oneEnvironment(extra ...string) []string {
	return append([]string{
		"SPOTLER_CONNECTOR_DATAVERSE_URL=http://127.0.0.1:9001",
		"SPOTLER_CONNECTOR_DATAVERSE_ORGANISATION_ID=6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11",
		"SPOTLER_CONNECTOR_DATAVERSE_TOKEN_URL=http://127.0.0.1:9001/token",
		"SPOTLER_CONNECTOR_DATAVERSE_CLIENT_ID=client",
		"SPOTLER_CONNECTOR_DATAVERSE_CLIENT_SECRET=dataverse-secret",
		"SPOTLER_CONNECTOR_SPOTLER_KEY=key",
		"SPOTLER_CONNECTOR_SPOTLER_SECRET=spotler-secret",
		"SPOTLER_CONNECTOR_HOOK_URL=http://localhost:8080",
		"SPOTLER_CONNECTOR_HOOK_SECRETS=0123456789abcdef,fedcba9876543210",
		"SPOTLER_CONNECTOR_COLUMNS=contact.dh_version=int, lead.dh_a=bool",
		"SPOTLER_CONNECTOR_TABLES=contact,lead",
	}, extra...)
}

func TestOneEnvironmentOfVariables(t *testing.T) {
	s, err := settings.Load(source(t, "", oneEnvironment("SPOTLER_CONNECTOR_LISTN=x", "SPOTLER_CONNECTOR_TOKEN=x", "SPOTLER_CONNECTOR_JOB_LOG=")...))
	if err != nil {
		t.Fatal(err)
	}
	main, ok := s.Environment("main")
	if !ok || len(main.Hook.Secrets) != 2 || len(main.Columns) != 2 || len(main.Tables) != 2 || main.JobLog != settings.LogAll {
		t.Errorf("environment of variables: %+v", main)
	}
	if want := []string{"SPOTLER_CONNECTOR_LISTN is set, but is not a setting; did you mean SPOTLER_CONNECTOR_LISTEN?"}; !cmp.Equal(s.Warnings, want) {
		t.Errorf("warnings %q, want %q", s.Warnings, want)
	}
}

func TestVariablesOverrideTheOnlyEnvironment(t *testing.T) {
	file := "environments:\n  - name: shop\n    fence: {limit: 3}\n    spotler:\n      key: of-the-file\n"
	s, err := settings.Load(source(t, file, oneEnvironment()...))
	if err != nil {
		t.Fatal(err)
	}
	if e := s.Environments[0]; e.Name != "shop" || e.Fence.Limit != 3 || e.Spotler.Key != "key" {
		t.Errorf("got %+v", e)
	}
}

// An environment signs in with a secret or with a certificate: one of the two.
func TestSignIn(t *testing.T) {
	const none, certificate, password = "SPOTLER_CONNECTOR_DATAVERSE_CLIENT_SECRET=", "SPOTLER_CONNECTOR_DATAVERSE_CERTIFICATE=app.pem", "SPOTLER_CONNECTOR_DATAVERSE_CERTIFICATE_PASSWORD=sesame"
	for name, c := range map[string]struct {
		environ []string
		want    string
	}{
		"a secret":                      {nil, ""},
		"a certificate":                 {[]string{none, certificate}, ""},
		"a certificate with password":   {[]string{none, certificate, password}, ""},
		"neither":                       {[]string{none}, "dataverse.client_secret is not set, and dataverse.certificate is not either"},
		"both":                          {[]string{certificate}, "dataverse.certificate is set, and dataverse.client_secret is too"},
		"a password without any":        {[]string{password}, "dataverse.certificate_password is set without dataverse.certificate"},
		"a password and nothing at all": {[]string{none, password}, "dataverse.client_secret is not set"},
	} {
		s, err := settings.Load(source(t, "", oneEnvironment(c.environ...)...))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if d := s.Environments[0].Dataverse; (d.Certificate == "") == d.ClientSecret.IsZero() || strings.Contains(fmt.Sprintf("%+v", d), "sesame") {
				t.Errorf("%s: %+v", name, d)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Each case is a file, or variables, and the problems that must be named, all of
// them, in order.
func TestProblems(t *testing.T) {
	tests := []struct {
		name, file string
		environ    []string
		want       []string
	}{
		{"unknown key with a line", "listen: :1\nlissten: x\n", nil, []string{
			"lissten (line 2) is not a setting: did you mean listen?"}},
		{"unknown key of a group", "log:\n  levl: debug\n", nil, []string{"log.levl (line 2) is not a setting: did you mean log.level?"}},
		{"unknown key beside a known one", "log:\n  level: debug\n  colour: red\n", nil, []string{"log.colour (line 3) is not a setting: remove it"}},
		{"empty group", "log:\nlisten: :1\n", nil, nil},
		{"several at once", "listen: nowhere\nlog: {level: loud}\nkeep: {done: 1s}\ndatabase: oracle:x\n", nil, []string{
			`listen (line 1) is "nowhere": write host:port, such as 127.0.0.1:8080 or :8080`,
			"database (line 4) names no database we know: write sqlite:path or postgres://user:password@host/name",
			`log.level (line 2) is "loud": use one of debug, error, info, warn`,
			`keep.done (line 3) is "1s": write a time such as 90s, 5m, 12h or 30d, at least 1h0m0s`}},
		{"list where text belongs", "listen: [a, b]\n", nil, []string{
			"listen (line 1) holds more than one value: write host:port, such as 127.0.0.1:8080 or :8080"}},
		{"twice", "listen: :1\nlisten: :2\n", nil, []string{`the settings file has "listen" twice, again on line 2: remove one`}},
		{"alias", "listen: &a :1\nnode: *a\n", nil, []string{"the settings file has an alias on line 2: write the value itself; aliases are not supported"}},
		{"not YAML", "listen: [\n", nil, []string{"the settings file (line 2) is not valid YAML: check indentation, quotes and colons there"}},
		{"only text", "hello", nil, []string{"the settings file (line 1) does not start with settings: write each as name: value"}},
		{"two documents", "listen: :1\n---\nlisten: :2\n", nil, []string{"the settings file holds more than one document: remove the --- between them"}},
		{"no list of environments", "environments: {name: x}\n", nil, []string{"environments (line 1) is not a list: start each environment with a hyphen"}},
		{"bad value of a variable", "", []string{"SPOTLER_CONNECTOR_KEY=short"}, []string{
			"key (SPOTLER_CONNECTOR_KEY) is not an encryption key: write 32 random bytes as base64 (openssl rand -base64 32)"}},
		{"bad values of an environment", "", oneEnvironment(
			"SPOTLER_CONNECTOR_NAME=The Shop", "SPOTLER_CONNECTOR_SPOTLER_URL=https://u:p@mail.example", "SPOTLER_CONNECTOR_HOOK_SECRETS=short",
			"SPOTLER_CONNECTOR_COLUMNS=contact.x=colour", "SPOTLER_CONNECTOR_TABLES=list", "SPOTLER_CONNECTOR_TIME_ZONE=Mars/North",
			"SPOTLER_CONNECTOR_SPOTLER_SECRET=env:NOT_THERE", "SPOTLER_CONNECTOR_FENCE_SHARE=101", "SPOTLER_CONNECTOR_HOOK_URL=http://hooks.example"), []string{
			`environments[1].name (SPOTLER_CONNECTOR_NAME) is "The Shop": use 1 to 40 lower-case letters, digits or hyphens, starting with a letter`,
			"environments[1].spotler.url (SPOTLER_CONNECTOR_SPOTLER_URL) carries a user name, a query or a fragment: write only the address, up to its path",
			`environments[1].spotler.secret (SPOTLER_CONNECTOR_SPOTLER_SECRET) refers to the environment variable "NOT_THERE", which is not set: set it`,
			"environments[1].hook.secrets (SPOTLER_CONNECTOR_HOOK_SECRETS) has a secret that is too short: use at least 16 random characters",
			`environments[1].tables (SPOTLER_CONNECTOR_TABLES) has "list", which cannot be synchronised or stands there twice: write some of contact, lead, account`,
			`environments[1].columns (SPOTLER_CONNECTOR_COLUMNS) gives contact.x the type "colour": use one of bigint, bool, choice, choices, dateonly, datetime, decimal, double, int, localtime, memo, money, string`,
			`environments[1].time_zone (SPOTLER_CONNECTOR_TIME_ZONE) is "Mars/North": write the name of a time zone such as Europe/Amsterdam`,
			`environments[1].fence.share (SPOTLER_CONNECTOR_FENCE_SHARE) is "101": write a whole number from 0 to 100`,
			"environments[1].hook.url starts with http://, so that secrets would travel readable: use https://, or set allow_http to true for a sandbox"}},
		{"variables with two environments", fixture(t, "two.yaml"), []string{"SHOP_SECRET=x", "SPOTLER_CONNECTOR_SPOTLER_KEY=x"}, []string{
			"SPOTLER_CONNECTOR_SPOTLER_KEY (environment variable) is of no environment in particular, since the file lists several: unset it, and write env:NAME in the file where a secret should come from a variable"}},
		{"twins", strings.NewReplacer("name: club", "name: shop", "hook: {url", "hook: {id: abcdefghijklmnop0123, url").Replace(fixture(t, "two.yaml")), []string{"SHOP_SECRET=x"}, []string{
			`environments has two environments called "shop": give each its own name`,
			"environments[shop].hook.id is the hook of another environment too: give each its own, or leave it out"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := settings.Load(source(t, tt.file, tt.environ...))
			if len(tt.want) == 0 {
				if err != nil {
					t.Fatalf("unexpected: %v", err)
				}
				return
			}
			if !errors.Is(err, fault.NotValid) {
				t.Fatalf("error %v is not fault.NotValid", err)
			}
			if diff := cmp.Diff(strings.Join(tt.want, "\n"), err.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEverythingRequiredIsNamedAtOnce(t *testing.T) {
	_, err := settings.Load(source(t, "environments:\n  - name: shop\n"))
	for _, d := range settings.Describe() {
		if d.Required && !strings.Contains(err.Error(), "environments[shop]."+d.Key+" is not set") {
			t.Errorf("%s is not named in:\n%v", d.Key, err)
		}
	}
}

func TestReadNamesAMissingFile(t *testing.T) {
	_, err := settings.Read(filepath.Join(t.TempDir(), "none.yaml"), nil)
	if fault.Of(err) != fault.NotValid || !strings.Contains(err.Error(), "no such settings file") {
		t.Errorf("got %v", err)
	}
}

// A wrong secret must not be in the message that says so.
func TestProblemsKeepSecrets(t *testing.T) {
	file := "key: hunter2hunter2\nprevious_keys: [hunter2]\ndatabase: 'mysql://u:hunter2@host/db'\nenvironments:\n - hook: {secrets: [hunter2, hunter2, hunter2]}\n   dataverse: {url: 'https://x?token=hunter2'}\n"
	_, err := settings.Load(source(t, file))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the secret is in the message: %v", err)
	}
}

func TestServiceBusAddress(t *testing.T) {
	for address, good := range map[string]bool{
		"amqps://example.servicebus.windows.net": true, "amqp://127.0.0.1:5672": true, "amqp://localhost": true,
		"https://example.servicebus.windows.net": false, "amqp://example.servicebus.windows.net": false, "amqps://key:secret@example.servicebus.windows.net": false, "amqps://": false,
	} {
		_, err := settings.Load(source(t, "", oneEnvironment("SPOTLER_CONNECTOR_SERVICE_BUS_ADDRESS="+address)...))
		if good != (err == nil) {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret@") {
			t.Errorf("the error repeats the address: %v", err)
		}
	}
}

// A queue that Dataverse has a key of stands in place of the hook; half of its settings
// are refused by name.
func TestRegisteredQueue(t *testing.T) {
	whole := []string{"SPOTLER_CONNECTOR_SERVICE_BUS_ADDRESS=amqps://example.servicebus.windows.net", "SPOTLER_CONNECTOR_SERVICE_BUS_QUEUE=people", "SPOTLER_CONNECTOR_SERVICE_BUS_SEND_KEY_NAME=send",
		"SPOTLER_CONNECTOR_SERVICE_BUS_SEND_KEY=c2VjcmV0", "SPOTLER_CONNECTOR_HOOK_URL=", "SPOTLER_CONNECTOR_HOOK_SECRETS="}
	s, err := settings.Load(source(t, "", oneEnvironment(whole...)...))
	if err != nil {
		t.Fatal(err)
	}
	if bus := s.Environments[0].ServiceBus; !bus.Registered() || bus.Host() != "example.servicebus.windows.net" {
		t.Errorf("%+v", bus)
	}
	for left, want := range map[int]string{0: "service_bus.address", 1: "service_bus.queue", 2: "service_bus.send_key_name", 3: "service_bus.send_key"} {
		part := append(slices.Clone(whole[:left]), whole[left+1:]...)
		if _, err := settings.Load(source(t, "", oneEnvironment(part...)...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: %v", want, err)
		}
	}
}
