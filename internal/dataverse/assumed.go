package dataverse

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The keys of the table of assumptions. Each is something the reference marks as
// inferred; Config.Assumed overrides it per environment, without a release.
const (
	// AssumedExpiredToken lists the error codes that say a change token is too
	// old (section 2.6 tells that it expires, not how it is said; the SDK's
	// ExpiredVersionStamp is this code).
	AssumedExpiredToken = "changes.expired.codes"
	// AssumedToken says what Changes keeps between two runs: "value", the delta
	// token alone, which lets the columns change, or "link", the whole delta link.
	AssumedToken = "changes.token"
	// AssumedTransient lists the codes of errors that pass by themselves
	// (section 2.9; 0x80044151 is inferred).
	AssumedTransient = "errors.transient.codes"
	// AssumedConflict lists the codes that mean "exists already" or "changed
	// meanwhile" even under status 400 (section 2.9; 0x80040333 is inferred).
	AssumedConflict = "errors.conflict.codes"
	// AssumedDenied lists the codes that mean a missing right under any status
	// (section 2.9; 0x80042f09 is inferred).
	AssumedDenied = "errors.denied.codes"
	// AssumedBatchURL says how a request inside a batch is addressed: "path"
	// (/api/data/v9.2/contacts…), "full" (with the host) or "relative" (contacts…).
	AssumedBatchURL = "batch.url"
	// AssumedCreateImage is the messagepropertyname of an image on Create (section 1.3).
	AssumedCreateImage = "events.image.create"
	// AssumedTargetImage is the messagepropertyname of any other image (section 1.3).
	AssumedTargetImage = "events.image.other"
	// AssumedClouds lists the clouds: the end of an organisation's host = the host
	// of its sign-in service (section 2.1 tells the public one only).
	AssumedClouds = "token.clouds"
	// AssumedAssertion is how an assertion is signed: PS256, with x5t#S256, or RS256,
	// with x5t (section 2.1 names the assertion, not its algorithm).
	AssumedAssertion = "token.assertion"
	// AssumedCredential lists the codes of the sign-in service that mean the credential
	// itself: unknown application, wrong or expired secret, a signature that fails.
	AssumedCredential = "token.credential"
	// AssumedRemoveMember says how a member leaves a list: "ref" or "action" (section
	// 4.2 calls the first safer; the body of the action is from one program).
	AssumedRemoveMember = "lists.remove"
	// AssumedVariableBind is the navigation name from a value of an environment
	// variable to its definition, when the metadata does not tell (section 6.1: its
	// case is in conflict).
	AssumedVariableBind = "variables.bind"
	// AssumedPostRegarding starts the navigation name of a post, in front of the name
	// of the table it is about (section 5.5, by pattern).
	AssumedPostRegarding = "posts.regarding"
	// AssumedMerge is the action that merges two rows; its body is inferred.
	AssumedMerge = "merge.action"
	// AssumedNoBulk lists the codes that say that a table has no bulk message.
	AssumedNoBulk = "bulk.missing.codes"
)

// Assumed is the one table of what we rely on without proof: key, value.
// It returns a copy.
func Assumed() map[string]string {
	return map[string]string{
		AssumedExpiredToken: "0x80044352",
		AssumedToken:        "value",
		AssumedTransient:    "0x80060891,0x80040216,0x80044151",
		AssumedConflict:     "0x80040237,0x80060892,0x80040333,0x80060882",
		AssumedDenied:       "0x80040220,0x80042f09,0x80072560",
		AssumedBatchURL:     "path",
		AssumedCreateImage:  "Id",
		AssumedTargetImage:  "Target",

		AssumedClouds:        "dynamics.com=login.microsoftonline.com,microsoftdynamics.us=login.microsoftonline.us,appsplatform.us=login.microsoftonline.us,dynamics.cn=login.partner.microsoftonline.cn",
		AssumedAssertion:     "PS256",
		AssumedCredential:    "AADSTS700016,AADSTS7000215,AADSTS7000222,AADSTS700027,AADSTS700024,invalid_client",
		AssumedRemoveMember:  "ref",
		AssumedVariableBind:  "environmentvariabledefinitionid",
		AssumedPostRegarding: "regardingobjectid_",
		AssumedMerge:         "Merge",
		AssumedNoBulk:        "0x80060888,0x80040800",
	}
}

// assumptions is the table with its overrides, read once.
type assumptions struct {
	text  map[string]string
	codes map[string][]string
}

// assume lays overrides over the table. A key that does not exist is an error,
// because a typing mistake would otherwise be believed.
func assume(overrides map[string]string) (assumptions, error) {
	text := Assumed()
	for _, k := range slices.Sorted(maps.Keys(overrides)) {
		if _, known := text[k]; !known {
			return assumptions{}, fmt.Errorf("there is no assumption %q; choose one of %s", k, strings.Join(slices.Sorted(maps.Keys(text)), ", "))
		}
		text[k] = strings.TrimSpace(overrides[k])
	}
	a := assumptions{text: text, codes: map[string][]string{}}
	for k, v := range text {
		if !strings.HasSuffix(k, ".codes") {
			continue
		}
		for c := range strings.SplitSeq(v, ",") {
			if c = normalCode(c); c != "" {
				a.codes[k] = append(a.codes[k], c)
			}
		}
	}
	return a, a.check()
}

func (a assumptions) check() error {
	if v := a.text[AssumedToken]; v != "value" && v != "link" {
		return fmt.Errorf("%s is %q; use value or link", AssumedToken, v)
	}
	if v := a.text[AssumedBatchURL]; v != "path" && v != "full" && v != "relative" {
		return fmt.Errorf("%s is %q; use path, full or relative", AssumedBatchURL, v)
	}
	if v := a.text[AssumedAssertion]; v != "PS256" && v != "RS256" {
		return fmt.Errorf("%s is %q; use PS256 or RS256", AssumedAssertion, v)
	}
	if v := a.text[AssumedRemoveMember]; v != "ref" && v != "action" {
		return fmt.Errorf("%s is %q; use ref or action", AssumedRemoveMember, v)
	}
	return nil
}

// cloud is the sign-in host for an organisation's host, "" when it is in no cloud
// we know.
func (a assumptions) cloud(host string) string {
	for pair := range strings.SplitSeq(a.text[AssumedClouds], ",") {
		end, login, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if ok && strings.HasSuffix(strings.ToLower(host), "."+end) {
			return login
		}
	}
	return ""
}

// has reports whether code is in the list under key.
func (a assumptions) has(key, code string) bool {
	return code != "" && slices.Contains(a.codes[key], code)
}
