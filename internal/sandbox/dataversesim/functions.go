package dataversesim

import (
	"net/http"
	"regexp"
	"strconv"
)

var quotedName = regexp.MustCompile(`['"]([A-Za-z0-9_]+)['"]`)

// argument is what stands behind name= in the brackets of a function; an alias
// @p is looked up in the query.
func (r *request) argument(name string) (string, *failure) {
	a, _ := parseAddress(r.path)
	found := regexp.MustCompile(`\b` + name + `=(.*)$`).FindStringSubmatch(a.key)
	if found == nil {
		return "", badSyntax("The parameter %s of the function is missing.", name)
	}
	if found[1] == "" || found[1][0] != '@' {
		return found[1], nil
	}
	q, f := r.query()
	if f == nil && !q.Has(found[1]) {
		f = badSyntax("The parameter alias %s has no value.", found[1])
	}
	return q.Get(found[1]), f
}

// totalRecords answers GET RetrieveTotalRecordCount(EntityNames=['contact']). The
// platform counts a snapshot of up to 24 hours ago; the simulator counts now.
func totalRecords(s *Sim, r *request) (*response, *failure) {
	if r.method != http.MethodGet {
		return nil, wrongMethod(r)
	}
	names, f := r.argument("EntityNames")
	if f != nil {
		return nil, f
	}
	keys, values, n := []byte("["), []byte("["), 0
	defer s.reading(r)()
	for _, found := range quotedName.FindAllStringSubmatch(names, -1) {
		t := s.tables[found[1]]
		if t == nil {
			return nil, badArgument("The entity with a name = '%s' was not found in the MetadataCache.", found[1])
		}
		if n++; n > 1 {
			keys, values = append(keys, ','), append(values, ',')
		}
		keys, values = appendString(keys, t.name), strconv.AppendInt(values, int64(len(t.rows)), 10)
	}
	if n == 0 {
		return nil, badArgument("The parameter EntityNames names no entity.")
	}
	b := appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Microsoft.Dynamics.CRM.RetrieveTotalRecordCountResponse")
	b = strconv.AppendInt(append(b, `,"EntityRecordCountCollection":{"Count":`...), int64(n), 10)
	b = append(append(append(b, `,"IsReadOnly":false,"Keys":`...), keys...), `],"Values":`...)
	return &response{status: http.StatusOK, body: append(append(b, values...), "]}}"...), contentType: jsonMinimal}, nil
}

// platformVersion is the version of the simulated server.
const platformVersion = "9.2.24091.00184"

// currentOrganization answers GET RetrieveCurrentOrganization(AccessType=…).
func currentOrganization(s *Sim, r *request) (*response, *failure) {
	if r.method != http.MethodGet {
		return nil, wrongMethod(r)
	}
	if _, f := r.argument("AccessType"); f != nil {
		return nil, f
	}
	b := appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Microsoft.Dynamics.CRM.RetrieveCurrentOrganizationResponse")
	b = append(b, `,"Detail":{`...)
	for _, m := range []field{
		{"OrganizationId", s.cfg.OrganizationID}, {"FriendlyName", s.cfg.OrganizationName}, {"OrganizationVersion", platformVersion}, {"EnvironmentId", s.cfg.OrganizationID},
		{"Geo", "EMEA"}, {"TenantId", s.cfg.TenantID}, {"UrlName", s.cfg.OrganizationName}, {"UniqueName", s.cfg.OrganizationName}, {"State", "Enabled"},
	} {
		b = appendString(append(appendString(b, m.name), ':'), m.value)
		b = append(b, ',')
	}
	b = append(b, `"Endpoints":{"Count":2,"IsReadOnly":false,"Keys":["WebApplication","OrganizationDataService"],"Values":[`...)
	b = append(appendString(b, "https://"+s.domain()+"/"), ',')
	b = appendString(b, "https://"+s.domain()+"/XRMServices/2011/OrganizationData.svc")
	return &response{status: http.StatusOK, body: append(b, "]}}}"...), contentType: jsonMinimal}, nil
}
