package decide

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
)

func shown(permissions []connector.Permission) string {
	var out []string
	for _, p := range permissions {
		out = append(out, p.Name+"="+map[bool]string{true: "Yes", false: "No"}[p.Subscribed])
	}
	return strings.Join(out, " ")
}

// C-618, C-621, C-626, C-630 to C-641, C-731, C-733, C-734: what the variables say.
func TestDefaultPermissions(t *testing.T) {
	known := []string{"Newsletter", "Productinfo", "Servicenotifications"}
	every := "Newsletter;Productinfo;Servicenotifications;"
	for _, c := range []struct {
		name string
		v    Variables
		want string
	}{
		{"empty: all No", Variables{Permissions: every}, "Newsletter=No Productinfo=No Servicenotifications=No"},
		{"semicolon: all No", Variables{Permissions: every, Enabled: ";"}, "Newsletter=No Productinfo=No Servicenotifications=No"},
		{"some", Variables{Permissions: every, Enabled: "Newsletter;Servicenotifications;"}, "Newsletter=Yes Productinfo=No Servicenotifications=Yes"},
		{"all", Variables{Permissions: every, Enabled: "[All]"}, "Newsletter=Yes Productinfo=Yes Servicenotifications=Yes"},
		{"all but some", Variables{Permissions: every, Enabled: "[All];Newsletter;Servicenotifications;"}, "Newsletter=No Productinfo=Yes Servicenotifications=No"},
		{"the keyword in other letters, anywhere", Variables{Permissions: every, Enabled: "Newsletter; [ALL] "}, "Newsletter=No Productinfo=Yes Servicenotifications=Yes"},
		{"only what permissions names", Variables{Permissions: "Productinfo", Enabled: "Newsletter;Productinfo"}, "Productinfo=Yes"},
		{"spaces, doubles and other letters", Variables{Permissions: " newsletter ;;NEWSLETTER; Productinfo", Enabled: "NewsLetter"}, "Newsletter=Yes Productinfo=No"},
		{"unknown to Spotler", Variables{Permissions: "Gossip;Newsletter", Enabled: "[All]"}, "Newsletter=Yes"},
		{"nothing named", Variables{Permissions: "", Enabled: "[All]"}, ""},
		{"off", Variables{Permissions: every, Off: true, Enabled: "[All]"}, ""},
	} {
		if got := shown(DefaultPermissions(c.v, known)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// C-624, C-736 to C-738, C-741: who gets the defaults, who a copy, who only No.
func TestFirstPermissions(t *testing.T) {
	defaults := []connector.Permission{{Name: "Newsletter", Subscribed: true}, {Name: "Productinfo"}}
	have := func(name string) bool { return name == "Productinfo" }
	for _, c := range []struct {
		name string
		p    Newcomer
		want string
	}{
		{"new everywhere", Newcomer{Speaks: true, MadeHere: true}, "Newsletter=Yes Productinfo=No"},
		{"known to Spotler", Newcomer{Speaks: true, MadeHere: true, InSpotler: true}, "Newsletter=No Productinfo=Yes"},
		{"older than the connector", Newcomer{Speaks: true}, "Newsletter=No Productinfo=No"},
		{"older, and known to Spotler", Newcomer{Speaks: true, InSpotler: true}, "Newsletter=No Productinfo=Yes"},
		{"has rows", Newcomer{Speaks: true, MadeHere: true, Rows: true}, ""},
		{"merged, qualified or inactive", Newcomer{MadeHere: true}, ""},
		{"erased", Newcomer{Speaks: true, MadeHere: true, Erased: true}, ""},
	} {
		if got := shown(FirstPermissions(c.p, defaults, have)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if !defaults[0].Subscribed {
		t.Error("the defaults themselves were changed")
	}
}

// C-628: only a lone semicolon switches off; a list is read as it is written.
func TestVariableLists(t *testing.T) {
	for value, off := range map[string]bool{";": true, " ; ": true, "": false, "a;": false, ";;": false} {
		if VariableOff(value) != off {
			t.Errorf("%q: off is %v", value, !off)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.StringMatching(`[a-z]([a-z ]*[a-z])?`), strings.ToLower).Draw(t, "names")
		if got := VariableNames(VariableList(names)); !slices.Equal(got, names) && len(got)+len(names) > 0 {
			t.Fatalf("%q came back as %q", names, got)
		}
	})
}
