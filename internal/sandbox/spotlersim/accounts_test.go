package spotlersim_test

import (
	"strings"
	"testing"
)

// Accounts and keys come and go while the simulator runs.
func TestAccountsAtRunTime(t *testing.T) {
	s := start(t)
	for _, bad := range []string{`{"key":"k2"}`, `{"key":"ck-demo","secret":"x"}`, `{"key":"k2","secret":"x","also":[{"key":"k2","secret":"y"}]}`, `{"key":"k2","secret":"x","licence":"free"}`} {
		if status, _ := s.control("POST", "/control/accounts", bad); status != 400 {
			t.Errorf("%s: %d", bad, status)
		}
	}
	s.upsert(204, "a", `{"email":"a@b.example"}`)
	s.setup("accounts", `{"name":"second","key":"k2","secret":"s2","licence":"professional"}`)
	s.setup("accounts/keys?account=second", `{"key":"k3","secret":"s3","id_field":"shopId"}`)
	s.key, s.secret = "k2", "s2"
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/a", "")
	s.refused(403, "NOT_AUTHORIZED", "GET", "/audience/a", "")
	s.upsert(204, "x", `{"email":"x@b.example"}`)
	s.key, s.secret = "k3", "s3"
	s.upsert(204, "shop-1", `{"email":"x@b.example"}`)
	s.get("shop-1")
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/x", "")
	if status, _ := s.control("DELETE", "/control/accounts/keys/k3", ""); status != 204 {
		t.Errorf("dropping a key: %d", status)
	}
	s.refused(401, "AUTH_NOT_FOUND", "GET", "/contact/shop-1", "")
	if _, body := s.control("GET", "/control/accounts", ""); !strings.Contains(body, `{"name":"second","contacts":1,"id_fields":["externalId","shopId"],"licence":"professional"}`) {
		t.Errorf("accounts %s", body)
	}
}

// A conversion belongs to the mail whose link carried its id.
func TestConversionByClick(t *testing.T) {
	s, known := world(t)
	bulk := known.Replace("{bulk}")
	var clicks []struct{ MPID string }
	s.ok("GET", "/control/life/mailings/"+bulk, "", &clicks)
	if len(clicks) != 1 {
		t.Fatalf("receipts %+v", clicks)
	}
	for _, c := range clicks {
		s.want(204, "POST", "/conversion", `{"mailplusId":"`+c.MPID+`","type":"CREATE_SHOPPINGCART","interactionDate":"2024-01-01T10:00:00+01:00"}`)
		s.want(204, "POST", "/conversion", `{"mailplusId":"`+c.MPID+`","type":" CONVERT_SHOPPINGCART","value":19900,"interactionDate":"2024-01-01T10:00:00+01:00","products":["p1"]}`)
		s.refused(400, "PRODUCT_NOTFOUND", "POST", "/conversion", `{"mailplusId":"`+c.MPID+`","type":"CREATE_SHOPPINGCART","interactionDate":"2024-01-01","products":["p9"]}`)
		s.refused(400, "INVALID_PARAMS", "POST", "/conversion", `{"mailplusId":"`+c.MPID+`","type":"CREATE_SHOPPINGCART","value":"-1","interactionDate":"2024-01-01"}`)
	}
	for kind, want := range map[string]int{"create_shoppingcart": 1, "convert_shoppingcart": 1} {
		if n := s.counted("kind=" + kind + "&external_id=a&subject=" + bulk); n != want {
			t.Errorf("%s: %d", kind, n)
		}
	}
	if _, shop := s.control("GET", "/control/shop", ""); !strings.Contains(shop, `"conversions":[{"type":"CREATE_SHOPPINGCART"`) || !strings.Contains(shop, `"value":19900}`) {
		t.Errorf("shop %s", shop)
	}
	s.want(410, "PUT", "/contact/anonymize/a", "")
	for _, c := range clicks {
		s.refused(400, "CONTACT_NOT_FOUND", "POST", "/conversion", `{"mailplusId":"`+c.MPID+`","type":"CREATE_SHOPPINGCART","interactionDate":"2024-01-01"}`)
	}
}
