package dataverse

import (
	"net/url"
	"strings"
)

// SignIn works out where an organisation's app registration signs in and for what: the
// token URL and the scope, in the public and the national clouds (section 2.1; the
// national hosts are *assumed*, see AssumedClouds). tenant is an id or a domain.
func SignIn(organisation, tenant string, overrides map[string]string) (tokenURL, scope string, err error) {
	const op = "dataverse.SignIn"
	u, err := url.Parse(strings.TrimSpace(organisation))
	if err != nil || u.Host == "" || u.Scheme != "https" {
		return "", "", notValid(op, "", "the organisation URL is not a web address; write it as https://org.crm4.dynamics.com")
	}
	if tenant == "" || strings.ContainsAny(tenant, "/?#%@: ") {
		return "", "", notValid(op, "", "the tenant is not an id or a domain")
	}
	a, err := assume(overrides)
	if err != nil {
		return "", "", notValid(op, "", err.Error())
	}
	login := a.cloud(u.Hostname())
	if login == "" {
		return "", "", notValid(op, "", "the organisation is in no cloud that we know; give the token URL and the scope, or add its cloud to "+AssumedClouds)
	}
	return "https://" + login + "/" + tenant + "/oauth2/v2.0/token", "https://" + strings.ToLower(u.Host) + "/.default", nil
}
