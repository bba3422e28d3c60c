package dataverse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/fault"
)

const denyBypass = `{"error":{"code":"0x80040220","message":"Principal user is missing prvBypassCustomBusinessLogic privilege"}}`

// answerBatch answers each request of a batch with what say returns for it.
func answerBatch(w http.ResponseWriter, r *http.Request, stop bool, say func(request string) (status int, header, body string)) {
	raw, _ := io.ReadAll(r.Body)
	_, boundary, _ := strings.Cut(r.Header.Get("Content-Type"), `boundary="`)
	boundary = strings.TrimSuffix(boundary, `"`)
	w.Header().Set("Content-Type", "multipart/mixed; boundary=answer")
	for _, part := range strings.Split(string(raw), "--"+boundary)[1:] {
		if strings.HasPrefix(part, "--") {
			break
		}
		status, header, body := say(part)
		fmt.Fprintf(w, "--answer\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 %d X\r\n%s\r\n%s\r\n", status, header, body)
		if stop && status >= 400 {
			break
		}
	}
	io.WriteString(w, "--answer--\r\n")
}

func TestBulk(t *testing.T) {
	type targets struct{ Targets []map[string]any }
	var got targets
	var path, answerBody string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path, got = strings.TrimPrefix(r.URL.Path, "/api/data/v9.2/"), targets{}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		answer(w, 200, answerBody)
	})
	ctx, tab := context.Background(), table(t, "contact")
	answerBody = `{"Ids":["` + string(idA) + `","` + string(idB) + `"]}`
	res, err := c.Bulk(ctx, BulkCreate, tab, []BulkRow{{ID: idA, Fields: Fields{"lastname": "x"}}, {Fields: Fields{"lastname": "y"}}})
	if err != nil || len(res) != 2 || res[1].ID != idB || path != "contacts/Microsoft.Dynamics.CRM.CreateMultiple" ||
		got.Targets[0]["@odata.type"] != "Microsoft.Dynamics.CRM.contact" || got.Targets[0]["contactid"] != string(idA) || got.Targets[1]["lastname"] != "y" {
		t.Errorf("%v %v %s %v", res, err, path, got)
	}
	// A key column repeated in an upsert is refused by Dataverse.
	_, err = c.Bulk(ctx, BulkUpsert, tab, []BulkRow{{ID: idA, Fields: Fields{"contactid": idA}}, {AlternateKey: "dh_externalid='A1'"}})
	if err != nil || got.Targets[0]["@odata.id"] != "contacts("+string(idA)+")" || got.Targets[0]["contactid"] != nil || got.Targets[1]["@odata.id"] != "contacts(dh_externalid='A1')" {
		t.Errorf("%v %v", err, got)
	}
	_, err = c.Bulk(ctx, BulkUpdate, tab, []BulkRow{{ID: idA, Fields: Fields{}}})
	if err != nil || got.Targets[0]["contactid"] != string(idA) {
		t.Errorf("%v %v", err, got)
	}
	for _, bad := range []string{`{}`, `{"Ids":["no","` + string(idB) + `"]}`, `{"Ids":["` + string(idB) + `","` + string(idB) + `"]}`, `<`} {
		answerBody = bad
		_, err = c.Bulk(ctx, BulkCreate, tab, []BulkRow{{ID: idA}, {}})
		wantKind(t, err, fault.Garbled)
	}
	for _, bad := range []BulkRow{{}, {ID: "x"}, {AlternateKey: "a/b"}} {
		_, err = c.Bulk(ctx, BulkUpdate, tab, []BulkRow{bad})
		wantKind(t, err, fault.NotValid)
	}
	_, err = c.Bulk(ctx, "DeleteMultiple", tab, []BulkRow{{ID: idA}})
	wantKind(t, err, fault.NotValid)
}

// One refused row does not keep the others out, and it is named.
func TestBulkFallsBackToSingleRows(t *testing.T) {
	bulk, code, status := 0, "0x80044331", 400
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "$batch") {
			bulk++
			answer(w, status, `{"error":{"code":"`+code+`","message":"A validation error occurred."}}`)
			return
		}
		answerBatch(w, r, false, func(part string) (int, string, string) {
			if !strings.Contains(part, "If-Match: *") || !strings.Contains(part, "PATCH ") {
				t.Error(part)
			}
			if strings.Contains(part, string(idB)) {
				return 400, "Content-Type: application/json\r\n", `{"error":{"code":"0x80044331","message":"too long"}}`
			}
			return 204, "", ""
		})
	})
	ctx, rows := context.Background(), []BulkRow{{ID: idA, Fields: Fields{"lastname": "x"}}, {ID: idB, Fields: Fields{"lastname": "y"}}}
	res, err := c.Bulk(ctx, BulkUpdate, table(t, "contact"), rows)
	if err != nil || len(res) != 2 || res[0].Err != nil {
		t.Fatal(res, err)
	}
	if f := wantKind(t, res[1].Err, fault.NotValid); f.On != "contact "+string(idB) || f.Code != "0x80044331" || f.Op != "dataverse.UpdateMultiple" {
		t.Errorf("%+v", f)
	}
	if _, err = c.Bulk(ctx, BulkUpdate, table(t, "contact"), rows); err != nil || bulk != 2 {
		t.Error("a refused row is no reason to give up the message", bulk, err)
	}
	code, status = codeSegment, 404
	for range 2 {
		if _, err = c.Bulk(ctx, BulkUpdate, table(t, "contact"), rows); err != nil || bulk != 3 {
			t.Error("a missing message is not remembered", bulk, err)
		}
	}
}

func TestBulkTrouble(t *testing.T) {
	for status, kind := range map[int]fault.Kind{429: fault.Busy, 500: fault.Uncertain, 401: fault.Denied} {
		calls := 0
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			calls++
			answer(w, status, `{"error":{"code":"","message":""}}`)
		})
		res, err := c.Bulk(context.Background(), BulkUpdate, table(t, "contact"), []BulkRow{{ID: idA}})
		wantKind(t, err, kind)
		if res != nil || calls != 1 {
			t.Error(status, res, calls)
		}
	}
}

func TestCreateOnce(t *testing.T) {
	var script []int
	calls := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		status := script[min(calls, len(script)-1)]
		calls++
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body["contactid"] != string(idA) {
			t.Error(body, err)
		}
		if status == 412 {
			answer(w, 412, `{"error":{"code":"0x80040237","message":"Cannot insert duplicate key."}}`)
			return
		}
		w.WriteHeader(status)
	})
	for name, x := range map[string]struct {
		script []int
		kind   fault.Kind
		calls  int
	}{
		"made":                    {[]int{204}, "", 1},
		"lost, but it arrived":    {[]int{502, 412}, "", 2},
		"lost, and made":          {[]int{502, 204}, "", 2},
		"there before us":         {[]int{412}, fault.Conflict, 1},
		"busy is not repeated":    {[]int{429}, fault.Busy, 1},
		"lost twice":              {[]int{502, 502}, fault.Uncertain, 2},
		"refused is not repeated": {[]int{403}, fault.Denied, 1},
	} {
		script, calls = x.script, 0
		if err := c.CreateOnce(context.Background(), table(t, "contact"), idA, Fields{"lastname": "x"}); fault.Of(err) != x.kind || calls != x.calls {
			t.Error(name, calls, err)
		}
	}
	wantKind(t, c.CreateOnce(context.Background(), table(t, "contact"), "", nil), fault.NotValid)
}

// Without the privilege, writes go on without asking, and nobody asks again.
func TestBypass(t *testing.T) {
	asked, plain := 0, 0
	may := false
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch h := r.Header.Get(bypassHeader); {
		case h == "CustomSync,CustomAsync" && r.Method != http.MethodGet:
			asked++
			if !may {
				answer(w, 403, denyBypass)
				return
			}
		case h != "":
			t.Error(r.Method, h)
		default:
			plain++
		}
		w.WriteHeader(204)
	})
	ctx, tab := context.Background(), table(t, "contact")
	view := c.Bypassing(CustomSync, CustomAsync)
	for range 3 {
		if err := view.Update(ctx, tab, idA, Fields{"lastname": "x"}, 0); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 || plain != 3 || view.MayBypass() || c.Bypassing(CustomSync).MayBypass() {
		t.Error(asked, plain, view.MayBypass())
	}
	may, asked, plain = true, 0, 0
	c.shared.mayNotBypass.Store(false)
	if err := view.Update(ctx, tab, idA, Fields{}, 0); err != nil || asked != 1 || plain != 0 {
		t.Error(asked, plain, err)
	}
	if err := c.Update(ctx, tab, idA, Fields{}, 0); err != nil || asked != 1 || plain != 1 {
		t.Error("the client itself must not ask", err)
	}
}

func TestBypassInABatch(t *testing.T) {
	for _, goOn := range []bool{true, false} {
		var round, writes []int
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(bypassHeader) != "" {
				t.Error("the batch itself asks")
			}
			round = append(round, 0)
			answerBatch(w, r, !goOn, func(part string) (int, string, string) {
				round[len(round)-1]++
				if strings.Contains(part, bypassHeader) {
					return 403, "Content-Type: application/json\r\n", denyBypass
				}
				if strings.Contains(part, "PATCH") {
					writes = append(writes, 1)
					return 204, "", ""
				}
				return 200, "Content-Type: application/json\r\n", `{"value":[]}`
			})
		})
		tab := table(t, "contact")
		view := c.Bypassing(CustomAsync)
		requests := []BatchRequest{view.GetRequest(Query{Table: tab}), view.UpdateRequest(tab, idA, []byte("{}")), view.UpdateRequest(tab, idB, []byte("{}"))}
		for range 2 {
			got, err := view.Batch(context.Background(), requests, goOn)
			if err != nil {
				t.Fatal(err)
			}
			for i, a := range got {
				if a.Err != nil {
					t.Error(goOn, i, a.Err)
				}
			}
		}
		if len(round) != 3 || round[1] != 2 || round[2] != 3 || len(writes) != 4 {
			t.Error(goOn, round, writes)
		}
	}
	if !errors.Is(&fault.Error{Kind: fault.Denied, Err: ErrMayNotBypass}, ErrMayNotBypass) {
		t.Error("the named error is lost")
	}
}

func TestContentIDs(t *testing.T) {
	var body string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		body = string(raw)
		w.Header().Set("Content-Type", "multipart/mixed; boundary=b")
		io.WriteString(w, "--b\r\nContent-Type: multipart/mixed; boundary=s\r\n\r\n--s\r\nContent-Type: application/http\r\nContent-ID: acc\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n--s\r\nContent-Type: application/http\r\nContent-ID: 2\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n--s--\r\n--b--\r\n")
	})
	got, err := c.Batch(context.Background(), []BatchRequest{
		{Method: "POST", Path: "accounts", Body: []byte(`{"name":"x"}`), ChangeSet: 1, ContentID: "acc"},
		{Method: "PUT", Path: "$acc/name", Body: []byte(`{"value":"y"}`), ChangeSet: 1},
	}, false)
	if err != nil || got[0].Err != nil || got[1].Err != nil {
		t.Error(got, err)
	}
	if !strings.Contains(body, "Content-ID: acc\r\n") || !strings.Contains(body, "\r\nPUT $acc/name HTTP/1.1\r\n") || !strings.Contains(body, "Content-ID: 2\r\n") {
		t.Error(body)
	}
	for _, bad := range []BatchRequest{{Method: "POST", Path: "accounts", ContentID: "a"}, {Method: "POST", Path: "accounts", ChangeSet: 1, ContentID: "a\r\nb"}} {
		_, err := c.Batch(context.Background(), []BatchRequest{bad}, false)
		wantKind(t, err, fault.NotValid)
	}
}
