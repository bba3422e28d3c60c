package spotlertest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/spotler/spotlertest"
)

// control calls the sandbox's own API and decodes its answer.
func control(t *testing.T, method, url, body string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s answered %d %s, %v", url, resp.StatusCode, text, err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
}

// After weeks of mailings, opens, clicks and bounces the beliefs hold, and the
// streams tell what the mailings count.
func TestSandboxAfterLife(t *testing.T) {
	s, err := sandbox.Start(sandbox.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	// The sandbox's clock runs ahead of ours, so signatures look old to it.
	assume(t, s.SpotlerURL, `{"clock_skew":0}`)
	a := account(t, s.SpotlerURL+sandbox.SpotlerBasePath, sandbox.SpotlerKey, sandbox.SpotlerSecret)
	people := make([]spotler.Contact, spotler.MaxContacts)
	for i := range people {
		people[i] = spotler.Contact{ExternalID: connector.ExternalID(fmt.Sprintf("p%d", i)), Properties: map[string]any{"email": fmt.Sprintf("p%d@example.com", i)}}
	}
	if _, err := a.Client.PostContacts(t.Context(), people, spotler.Write{Update: true}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"First", "Second", "Third"} {
		control(t, http.MethodPost, s.SpotlerURL+"/control/life/mailings", `{"name":"`+name+`"}`, nil)
		control(t, http.MethodPost, s.SpotlerURL+"/control/life/advance", `{"seconds":432000}`, nil)
	}
	var life struct {
		Now time.Time `json:"now"`
	}
	control(t, http.MethodGet, s.SpotlerURL+"/control/life", "", &life)
	a.Now = life.Now
	spotlertest.Read(t, a)
	compareStreams(t, a)
}

// compareStreams holds the sent stream of the month against the mailings' counts.
func compareStreams(t *testing.T, a spotlertest.Account) {
	ctx, month := t.Context(), spotler.Between{From: a.Now.AddDate(0, 0, -30), To: a.Now.Add(time.Hour)}
	mailings, err := a.Client.Mailings(ctx, month)
	if err != nil || len(mailings) == 0 {
		t.Fatalf("%d mailings, %v", len(mailings), err)
	}
	sent, opened := map[string]int64{}, map[string]int64{}
	for i, err := range a.Client.SentInteractions(ctx, spotler.InteractionFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		sent[i.MailingID]++
	}
	for i, err := range a.Client.OpenedInteractions(ctx, spotler.InteractionFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		opened[i.MailingID]++
	}
	opens := int64(0)
	for _, m := range mailings {
		statistics, err := a.Client.MailingStatistics(ctx, m.EncryptedID)
		if err != nil {
			t.Fatal(err)
		}
		if sent[m.EncryptedID] != statistics.Sent || opened[m.EncryptedID] != statistics.OpenedRendered {
			t.Errorf("a mailing counts %d sent and %d opened; the streams tell %d and %d", statistics.Sent, statistics.OpenedRendered, sent[m.EncryptedID], opened[m.EncryptedID])
		}
		opens += statistics.Opened
		recipients := int64(0)
		for _, err := range a.Client.MailingRecipients(ctx, m.EncryptedID) {
			if err != nil {
				t.Fatal(err)
			}
			recipients++
		}
		if recipients != statistics.Sent {
			t.Errorf("%d recipients of %d sent", recipients, statistics.Sent)
		}
	}
	if opens == 0 {
		t.Error("nobody opened anything, so nothing was compared")
	}
}
