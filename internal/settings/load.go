package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	_ "time/tzdata" // the time_zone setting must work on a machine without zone files

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// Source is everything that settings are made of.
type Source struct {
	File    []byte   // YAML; nil when there is no file
	Folder  string   // of the file: relative paths in it start there
	Environ []string // NAME=value, as os.Environ gives it
	// Hostname is the name of this node when no setting names it.
	Hostname string
	// ReadFile reads what file: refers to; nil refuses every such reference.
	ReadFile func(name string) ([]byte, error)
}

// Read loads the settings from the YAML file at path (none when path is empty)
// and from environ (os.Environ()). The error names everything that is wrong; its
// kind is fault.NotValid.
func Read(path string, environ []string) (Settings, error) {
	src := Source{Environ: environ, ReadFile: os.ReadFile}
	src.Hostname, _ = os.Hostname() // a host without a name gets the default
	if path != "" {
		content, err := os.ReadFile(path)
		if err != nil {
			fix := "check the path and the permissions of the settings file"
			if errors.Is(err, fs.ErrNotExist) {
				fix = "there is no such settings file; check its path"
			}
			return Settings{}, &fault.Error{Op: "settings.Read", Kind: fault.NotValid, Says: fix, Err: err}
		}
		src.File, src.Folder = content, filepath.Dir(path)
		if src.File == nil {
			src.File = []byte{}
		}
	}
	return Load(src)
}

// Load makes settings of src. A variable wins over the file. Variables may also
// describe one environment, or override the only one of the file; with two or
// more in the file they are refused, since they would be of none. The error is
// Problems.
func Load(src Source) (Settings, error) {
	l := &loader{src: src, variables: map[string]string{}}
	for _, v := range src.Environ {
		if name, text, ok := strings.Cut(v, "="); ok {
			l.variables[name] = text
		}
	}
	root, problem := parse(src.File)
	if problem != nil {
		return Settings{}, Problems{*problem}
	}
	s := l.settings(root)
	s.Warnings = l.strangers()
	if len(l.problems) > 0 {
		return Settings{}, l.problems
	}
	return s, nil
}

type loader struct {
	src       Source
	variables map[string]string
	problems  Problems
}

func (l *loader) variable(name string) (string, bool) {
	text, ok := l.variables[name]
	return text, ok
}

func (l *loader) readFile(name string) ([]byte, error) {
	if l.src.ReadFile == nil {
		return nil, fs.ErrPermission
	}
	return l.src.ReadFile(name)
}

func (l *loader) origin(folder string) *origin {
	return &origin{folder: folder, variable: l.variable, readFile: l.readFile}
}

func (l *loader) complain(setting, where, says, fix string) {
	l.problems = append(l.problems, Problem{setting, where, says, fix})
}

func (l *loader) settings(root *node) Settings {
	var s Settings
	list := root.take("environments")
	l.fill("", processTable(&s), root, true)
	l.completeProcess(&s)

	environments := l.environmentNodes(list)
	for i, n := range environments {
		var e Environment
		prefix := fmt.Sprintf("environments[%s].", n.label(i))
		l.fill(prefix, environmentTable(&e), n, len(environments) == 1)
		l.completeEnvironment(prefix, &e)
		s.Environments = append(s.Environments, e)
	}
	l.refuseTwins(s.Environments)
	return s
}

// environmentNodes are the environments of the file, or an empty one when only
// variables describe it.
func (l *loader) environmentNodes(list *node) []*node {
	used := l.environmentVariables()
	switch {
	case list == nil && len(used) > 0:
		return []*node{{}}
	case list == nil:
		return nil
	case list.value.shape != listShape:
		l.complain("environments", list.value.where, "is not a list", "start each environment with a hyphen")
		return nil
	case len(list.items) > 1 && len(used) > 0:
		l.complain(used[0], "environment variable", "is of no environment in particular, since the file lists several",
			"unset it, and write env:NAME in the file where a secret should come from a variable")
	}
	return list.items
}

// environmentVariables are the set variables that describe one environment.
func (l *loader) environmentVariables() []string {
	var used []string
	for _, r := range environmentTable(&Environment{}) {
		if l.variables[r.variable()] != "" {
			used = append(used, r.variable())
		}
	}
	return used
}

// fill reads every row: a variable wins over the file, the file over the default.
// What is left of the file then is unknown.
func (l *loader) fill(prefix string, table []row, n *node, variables bool) {
	for _, r := range table {
		v, written := value{}, false
		if found := n.take(r.key); found != nil && !found.blank() {
			v, written = found.value, true
			v.bind(l.origin(l.src.Folder))
		}
		if text := l.variables[r.variable()]; text != "" && variables {
			v, written = value{shape: freeShape, text: text, from: l.origin(""), where: r.variable()}, true
		}
		if !written {
			l.fillDefault(prefix, r)
			continue
		}
		if err := r.reader.read(v); err != nil {
			l.refuse(prefix+r.key, v.where, err)
		}
	}
	for _, rest := range n.leftovers() {
		l.unknown(prefix, rest, table)
	}
}

func (l *loader) fillDefault(prefix string, r row) {
	if r.reader.required {
		l.complain(prefix+r.key, "", "is not set ("+r.meaning+")", "write "+r.reader.form+" in the file or in "+r.variable())
		return
	}
	if r.def == "" {
		return
	}
	if err := r.reader.read(value{shape: freeShape, text: r.def, from: l.origin("")}); err != nil {
		l.refuse(prefix+r.key, "default", err)
	}
}

func (l *loader) refuse(setting, where string, err error) {
	var c *complaint
	if errors.As(err, &c) {
		l.complain(setting, where, c.says, c.fix)
		return
	}
	l.complain(setting, where, "cannot be read", "check it")
}

func (l *loader) unknown(prefix string, rest *node, table []row) {
	keys := make([]string, 0, len(table))
	for _, r := range table {
		keys = append(keys, r.key)
	}
	if prefix == "" {
		keys = append(keys, "environments")
	}
	fix := "remove it"
	if best := nearest(rest.key, keys); best != "" {
		fix = "did you mean " + best + "?"
	}
	l.complain(prefix+rest.key, rest.value.where, "is not a setting", fix)
}

func (l *loader) completeProcess(s *Settings) {
	if s.Database.Kind == "" {
		s.Database = Database{Kind: SQLite, Path: filepath.Join(s.DataDir, "connector.db")}
	}
	if s.Key.File == "" {
		s.Key.File = filepath.Join(s.DataDir, "connector.key")
	}
	if s.Node == "" {
		s.Node = "node"
		if nodeNames.MatchString(l.src.Hostname) {
			s.Node = l.src.Hostname
		}
	}
}

func (l *loader) completeEnvironment(prefix string, e *Environment) {
	if e.Dataverse.Scope == "" && e.Dataverse.URL != "" {
		e.Dataverse.Scope = e.Dataverse.URL + "/.default"
	}
	l.completeSignIn(prefix, e.Dataverse)
	l.completeEvents(prefix, e)
	for _, a := range []struct{ key, address string }{
		{"dataverse.url", e.Dataverse.URL}, {"dataverse.token_url", e.Dataverse.TokenURL}, {"spotler.url", e.Spotler.URL}, {"hook.url", e.Hook.URL},
	} {
		if plain(a.address) && !e.AllowHTTP {
			l.complain(prefix+a.key, "", "starts with http://, so that secrets would travel readable", "use https://, or set allow_http to true for a sandbox")
		}
	}
	if len(e.Hook.Secrets) == 2 && e.Hook.Secrets[0].Equal(e.Hook.Secrets[1]) {
		l.complain(prefix+"hook.secrets", "", "has the same secret twice", "write one, or two that differ")
	}
}

// completeSignIn makes sure that there is one way to sign in to Dataverse.
func (l *loader) completeSignIn(prefix string, d Dataverse) {
	refused := slices.ContainsFunc(l.problems, func(p Problem) bool {
		return p.Setting == prefix+"dataverse.client_secret" || p.Setting == prefix+"dataverse.certificate"
	})
	switch {
	case refused:
	case d.ClientSecret.IsZero() && d.Certificate == "":
		l.complain(prefix+"dataverse.client_secret", "", "is not set, and dataverse.certificate is not either", "write the secret of the app registration, or the file of its certificate")
	case !d.ClientSecret.IsZero() && d.Certificate != "":
		l.complain(prefix+"dataverse.certificate", "", "is set, and dataverse.client_secret is too", "keep one of the two")
	case d.Certificate == "" && !d.CertificatePassword.IsZero():
		l.complain(prefix+"dataverse.certificate_password", "", "is set without dataverse.certificate", "write the PFX file that it opens, or take it away")
	}
}

// completeEvents makes sure that events can come in, by the hook or by the queue.
func (l *loader) completeEvents(prefix string, e *Environment) {
	bus := e.ServiceBus
	if bus.Registered() {
		for _, need := range []struct {
			key   string
			given bool
		}{{"service_bus.address", bus.Address != ""}, {"service_bus.queue", bus.Queue != ""}, {"service_bus.send_key", !bus.SendKey.IsZero()}} {
			if !need.given {
				l.complain(prefix+need.key, "", "is not set, but service_bus.send_key_name is", "write it, or take service_bus.send_key_name away")
			}
		}
		return
	}
	if !bus.SendKey.IsZero() {
		l.complain(prefix+"service_bus.send_key_name", "", "is not set, but service_bus.send_key is", "write the name of the policy that the key is of")
	}
	if e.Ensure && e.Hook.URL == "" {
		l.complain(prefix+"hook.url", "", "is not set, but ensure is on", "write the public address of this connector, or set ensure to false")
	}
	refused := slices.ContainsFunc(l.problems, func(p Problem) bool { return p.Setting == prefix+"hook.secrets" })
	if len(e.Hook.Secrets) == 0 && !refused {
		l.complain(prefix+"hook.secrets", "", "is not set", "write a secret of your own making, which Dataverse will send with every event")
	}
}

// refuseTwins makes sure that a name and a hook lead to one environment.
func (l *loader) refuseTwins(environments []Environment) {
	names, hooks := map[connector.Environment]bool{}, map[string]bool{}
	for _, e := range environments {
		if e.Name != "" && names[e.Name] {
			l.complain("environments", "", fmt.Sprintf("has two environments called %q", e.Name), "give each its own name")
		}
		if e.Hook.ID != "" && hooks[e.Hook.ID] {
			l.complain(fmt.Sprintf("environments[%s].hook.id", e.Name), "", "is the hook of another environment too", "give each its own, or leave it out")
		}
		names[e.Name], hooks[e.Hook.ID] = true, true
	}
}

// strangers warns of variables with our prefix that are no setting. The command
// line's own are not settings.
func (l *loader) strangers() []string {
	known := []string{variablePrefix + "CONFIG", variablePrefix + "URL", variablePrefix + "SERVER", variablePrefix + "TOKEN"}
	for _, d := range Describe() {
		known = append(known, d.Variable)
	}
	var out []string
	for name := range l.variables {
		if strings.HasPrefix(name, variablePrefix) && !strings.HasPrefix(name, variablePrefix+"TEST_") && !slices.Contains(known, name) {
			warning := name + " is set, but is not a setting"
			if best := nearest(name, known); best != "" {
				warning += "; did you mean " + best + "?"
			}
			out = append(out, warning)
		}
	}
	slices.Sort(out)
	return out
}
