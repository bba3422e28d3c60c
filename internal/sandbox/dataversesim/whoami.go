package dataversesim

import "net/http"

// whoAmI answers GET WhoAmI (reference: dataverse-api 2.8). The header
// x-ms-dop-hint advises how many requests to send at a time.
func whoAmI(s *Sim, r *request) (*response, *failure) {
	if r.method != http.MethodGet {
		return nil, wrongMethod(r)
	}
	b := appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse")
	b = append(b, `,"BusinessUnitId":"`+s.unit.id.String()+`","UserId":"`+s.user.id.String()+`","OrganizationId":"`+s.cfg.OrganizationID+`"}`...)
	resp := &response{status: http.StatusOK, body: b, contentType: jsonMinimal}
	resp.set("x-ms-dop-hint", s.limits.dopHint())
	return resp, nil
}

// retrieveVersion answers GET RetrieveVersion().
func retrieveVersion(_ *Sim, r *request) (*response, *failure) {
	if r.method != http.MethodGet {
		return nil, wrongMethod(r)
	}
	b := appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Microsoft.Dynamics.CRM.RetrieveVersionResponse")
	return &response{status: http.StatusOK, body: append(b, `,"Version":"`+platformVersion+`"}`...), contentType: jsonMinimal}, nil
}
