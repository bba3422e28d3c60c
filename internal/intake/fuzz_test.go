package intake

import (
	"bytes"
	"testing"
)

// FuzzBody posts anything: the answer is one that New promises, and a refusal
// never repeats the body.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", "[]", "\xef\xbb\xbf{}", contextOf("Update", "contact", ID(1), target("donotemail", "true")),
		contextOf("Create", "dh_spotlerjob", ID(1), target("dh_operation", option(480000009), "dh_customer", ref("contact", 1))),
		contextOf("Update", "dh_spotlerjob", ID(1), target("statuscode", option(1))+pre("statuscode", option(2))+post("dh_operation", option(1))),
		contextOf("Update", "dh_spotlerpermission", ID(1), target()+pre("dh_customer", ref("contact", 1))+post("dh_lead", ref("lead", 1))),
		contextOf("Delete", "lead", ID(1), "")} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m := &memory{}
		w := serve(m).post(Path+hookID, "blue", bytes.NewReader(body))
		switch w.Code {
		case 202:
			for _, p := range m.puts() {
				if p.Key == "" || p.Lane == "" || p.Environment != "acme" {
					t.Errorf("%+v", p)
				}
			}
		case 204, 400, 403, 413:
			if len(m.puts()) > 0 {
				t.Errorf("%d and %d requests", w.Code, len(m.puts()))
			}
		default:
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w.Code >= 300 {
			problemOf(t, w)
		}
	})
}
