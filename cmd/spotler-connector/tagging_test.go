package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// tags are the tags of the account, and the scores of the n-th person by tag.
func (s *story) tags(n int) (known []string, scores map[string]int64) {
	s.Helper()
	var out struct {
		Tags   []string `json:"tags"`
		Scores map[string][]struct {
			Name  string `json:"name"`
			Score int64  `json:"score"`
		} `json:"scores"`
	}
	s.control(http.MethodGet, s.sandbox.SpotlerURL+"/control/tags", nil, &out)
	scores = map[string]int64{}
	for _, tag := range out.Scores[id(n)] {
		scores[tag.Name] = tag.Score
	}
	return out.Tags, scores
}

// effects is how often Spotler did something, such as "score_increased".
func (s *story) effects(kind string) int {
	s.Helper()
	var out struct {
		Total int `json:"total"`
	}
	s.control(http.MethodGet, s.sandbox.SpotlerURL+"/control/effects/counts?kind="+kind, nil, &out)
	return out.Total
}

// breaks makes requests to Spotler go wrong.
func (s *story) breaks(path, method, kind string, times int) {
	s.Helper()
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", map[string]any{"name": path + kind, "path": path, "method": method, "kind": kind, "times": times}, nil)
}

// posts are the texts on the timeline of the n-th person.
func (s *story) posts(n int) []string {
	s.Helper()
	var rows []map[string]any
	s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/posts", nil, &rows)
	var out []string
	for _, r := range rows {
		if r["_regardingobjectid_value"] == id(n) {
			text, _ := r["text"].(string)
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}

// on is the body of a job for the n-th person.
func on(n int, name, value string) map[string]any {
	body := map[string]any{"dh_Customer_contact@odata.bind": "/contacts(" + id(n) + ")", "dh_parametername": name}
	if value != "" {
		body["dh_parametervalue"] = value
	}
	return body
}

// shows reports a job row that did not end as it should.
func (s *story) shows(row map[string]any, state_ connector.JobState, code, says string) {
	s.Helper()
	message, _ := row["dh_resultmessage"].(string)
	if state(row) != state_ || row["dh_resultcode"] != code || !strings.Contains(message, says) {
		s.Errorf("the job is %s [%v] %q, want %s [%s] with %q", state(row), row["dh_resultcode"], message, state_, code, says)
	}
}

// C-317 to C-323, C-371 to C-383, C-405, C-406: tags are given and taken away, several at
// once; without a person a tag is only made; the timeline tells.
func TestTags(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil))
		s.quiet()
		s.shows(s.job(201, connector.AddTag, on(1, "Lead", "")), connector.Completed, "OK", "has the tag 'Lead'")
		s.shows(s.job(202, connector.AddTag, on(1, " Golf ; Wine,Lead", "")), connector.Completed, "OK", "the tags 'Golf', 'Wine' and 'Lead'")
		if _, scores := s.tags(1); len(scores) != 3 || s.effects("tag_added") != 3 {
			t.Errorf("tags %v, given %d times", scores, s.effects("tag_added"))
		}
		if posts := s.posts(1); !slices.Equal(posts, []string{"Spotler: The tag 'Lead' added.", "Spotler: The tags 'Golf', 'Wine' and 'Lead' added."}) {
			t.Errorf("timeline: %q", posts)
		}
		s.shows(s.job(203, connector.RemoveTag, on(1, "Golf;Wine, Nothing", "")), connector.Completed, "OK", "no longer has the tags 'Golf', 'Wine' and 'Nothing'")
		if known, scores := s.tags(1); len(scores) != 1 || !slices.Equal(known, []string{"Golf", "Lead", "Wine"}) {
			t.Errorf("after the removal: %v of %v", scores, known)
		}
		alone := map[string]any{"dh_parametername": "Fair 2027"}
		s.shows(s.job(204, connector.AddTag, alone), connector.Completed, "OK", "was made in Spotler; no Customer or Lead is set")
		s.shows(s.job(205, connector.AddTag, alone), connector.Completed, "OK", "existed in Spotler already")
		if known, _ := s.tags(1); !slices.Contains(known, "Fair 2027") || s.effects("tag_created") != 1 {
			t.Errorf("known %v", known)
		}
		s.shows(s.job(206, connector.AddTag, on(1, " ;, ", "")), connector.Failed, connector.CodeJobNotValid, "[JOB_NOT_VALID] Add Tag: Parameter Name holds no tag")
		s.shows(s.job(207, connector.RemoveTag, map[string]any{"dh_parametername": "Golf"}), connector.Failed, connector.CodeJobNotValid, "no Customer or Lead is set")
	})
}

// A person who is not in Spotler is synchronised for a tag, and not for taking one away.
func TestTagOfSomebodyNew(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.silently(person(1, nil), person(2, nil), person(3, map[string]any{"donotemail": true}))
	s.shows(s.job(201, connector.AddTag, on(1, "Lead", "")), connector.Completed, "OK", "has the tag 'Lead'")
	if _, scores := s.tags(1); len(scores) != 1 || s.spotler()[id(1)].Properties["firstName"] != "Ann" {
		t.Errorf("tags %v of %+v", scores, s.spotler()[id(1)])
	}
	s.shows(s.job(202, connector.RemoveTag, on(2, "Lead", "")), connector.Completed, "SKIPPED", "is not in Spotler, so it has no tags")
	s.shows(s.job(203, connector.IncreaseScore, on(3, "Lead", "5")), connector.Completed, "SKIPPED", "so nothing was done")
	if n := len(s.spotler()); n != 1 || s.effects("score_increased") != 0 {
		t.Errorf("%d people in Spotler", n)
	}
}

// C-324 to C-335, C-384 to C-404, C-407: scores are set, raised and lowered (Decrease
// means decrease, whatever C-400 says), made at zero when there is none, below zero too.
func TestScores(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil))
		s.quiet()
		job := 300
		for _, tt := range []struct {
			operation connector.Operation
			value     string
			want      int64
			says      string
		}{
			{connector.IncreaseScore, "10", 10, "score of the tag 'Lead' was increased by 10"},
			{connector.IncreaseScore, "+20", 30, "increased by 20"},
			{connector.DecreaseScore, "45", -15, "decreased by 45"},
			{connector.SetScore, " -7 ", -7, "set to -7"},
			{connector.SetScore, "0", 0, "set to 0"},
		} {
			job++
			s.shows(s.job(job, tt.operation, on(1, "Lead", tt.value)), connector.Completed, "OK", tt.says)
			if _, scores := s.tags(1); scores["Lead"] != tt.want {
				t.Errorf("after %s %s: %v", tt.operation, tt.value, scores)
			}
		}
		if posts := s.posts(1); len(posts) != 5 || posts[0] != "Spotler: the score of the tag 'Lead' was decreased by 45." {
			t.Errorf("timeline: %q", posts)
		}
		s.shows(s.job(310, connector.DecreaseScore, on(1, "New", "4")), connector.Completed, "OK", "decreased by 4")
		if _, scores := s.tags(1); scores["New"] != -4 {
			t.Errorf("a score that was not there: %v", scores)
		}
		for n, tt := range []struct {
			operation   connector.Operation
			name, value string
			says        string
		}{
			{connector.IncreaseScore, "Lead", "0", "positive whole number"},
			{connector.IncreaseScore, "Lead", "-5", "to lower a score use Decrease Score (-)"},
			{connector.DecreaseScore, "Lead", "-5", "positive whole number"},
			{connector.SetScore, "Lead", "ten", "whole number, such as 10 or -5"},
			{connector.SetScore, "Lead", "1.5", "whole number, such as 10 or -5"},
			{connector.SetScore, "Lead,Golf", "1", "must hold one tag"},
			{connector.SetScore, "Lead", "", "Parameter Value is empty"},
		} {
			s.shows(s.job(320+n, tt.operation, on(1, tt.name, tt.value)), connector.Failed, connector.CodeJobNotValid, tt.says)
		}
		if n := s.effects("score_increased") + s.effects("score_decreased") + s.effects("score_set"); n != 6 {
			t.Errorf("%d changes of scores", n)
		}
	})
}

// C-330, C-334: a score is never counted twice, whether the request or its answer is
// lost: it is read again, and only what did not happen is sent again.
func TestScoreIsNeverCountedTwice(t *testing.T) {
	t.Parallel()
	const found = "The answer was lost; the score was read again"
	cases := []struct {
		operation connector.Operation
		fault     string
		effect    string
		want      int64
		says      string
	}{
		{connector.IncreaseScore, "drop_after_commit", "score_increased", 110, found},
		{connector.IncreaseScore, "drop_before", "score_increased", 110, "increased by 10"},
		{connector.DecreaseScore, "drop_after_commit", "score_decreased", 90, found},
		{connector.DecreaseScore, "drop_before", "score_decreased", 90, "decreased by 10"},
		{connector.SetScore, "drop_after_commit", "score_set", 10, found},
		{connector.SetScore, "drop_before", "score_set", 10, "set to 10"},
	}
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		for n := range cases {
			s.crm(person(n+1, nil))
		}
		s.quiet()
		mail := s.house.envs[0].mail
		for n, tt := range cases {
			if err := mail.ChangeScore(context.Background(), connector.ExternalID(id(n+1)), "Lead", spotler.ScoreSet, 100); err != nil {
				t.Fatal(err)
			}
			s.breaks("*/"+id(n+1)+"/score", http.MethodPut, tt.fault, 1)
		}
		s.control(http.MethodDelete, s.sandbox.SpotlerURL+"/control/effects", nil, nil)
		for n, tt := range cases {
			body := on(n+1, "Lead", "10")
			body["dh_name"], body["dh_operation"] = "x", int(tt.operation)
			s.crm(edit{Method: http.MethodPost, Set: "dh_spotlerjobs", ID: id(301 + n), Body: body})
		}
		s.quiet()
		for n, tt := range cases {
			s.shows(s.row("dh_spotlerjobs", id(301+n)), connector.Completed, "OK", tt.says)
			times := s.effects(tt.effect + "&external_id=" + id(n+1))
			if _, scores := s.tags(n + 1); scores["Lead"] != tt.want || times != 1 {
				t.Errorf("%s with %s: %v, done %d times", tt.operation, tt.fault, scores, times)
			}
		}
	})
}

// Spotler's own scoring goes on while an answer is lost: nothing is overwritten or
// guessed, and the job says that it may have been done.
func TestScoreOfSpotlerIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.crm(person(1, nil))
	s.quiet()
	mail := s.house.envs[0].mail
	for n, fault := range []string{"drop_after_commit", "drop_before"} {
		s.breaks("*/score", http.MethodPut, fault, 1)
		s.crm(edit{Method: http.MethodPost, Set: "dh_spotlerjobs", ID: id(400 + n), Body: map[string]any{"dh_name": "x", "dh_operation": int(connector.IncreaseScore),
			"dh_Customer_contact@odata.bind": "/contacts(" + id(1) + ")", "dh_parametername": "Lead", "dh_parametervalue": "10"}})
		s.until("the job waits for the lost answer", func() bool {
			ops := s.ops()
			return len(ops) > 0 && ops[0].Operation == connector.IncreaseScore && ops[0].State == store.OpQueued && ops[0].Cause != "" && ops[0].Checkpoint != nil
		})
		if err := mail.ChangeScore(context.Background(), connector.ExternalID(id(1)), "Lead", spotler.ScoreIncrease, 3); err != nil {
			t.Fatal(err)
		}
		_, before := s.tags(1)
		s.quiet()
		s.shows(s.row("dh_spotlerjobs", id(400+n)), connector.Failed, connector.CodeUncertain, "may have been done already")
		if _, scores := s.tags(1); scores["Lead"] != before["Lead"] {
			t.Errorf("%s: %d became %d", fault, before["Lead"], scores["Lead"])
		}
	}
}

// A node loses its lane while its request is on the way: the next one reads the score
// before it does anything.
func TestScoreAfterACrash(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil))
		s.quiet()
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", map[string]any{"name": "slow", "path": "*/score", "kind": "latency", "min_ms": 1000, "times": 1}, nil)
		s.crm(edit{Method: http.MethodPost, Set: "dh_spotlerjobs", ID: id(401), Body: map[string]any{"dh_name": "x", "dh_operation": int(connector.IncreaseScore),
			"dh_Customer_contact@odata.bind": "/contacts(" + id(1) + ")", "dh_parametername": "Lead", "dh_parametervalue": "10"}})
		s.until("the request is on its way", func() bool { ops := s.ops(); return len(ops) > 0 && ops[0].Checkpoint != nil })
		if _, err := s.house.store.ReclaimAll(context.Background()); err != nil {
			t.Fatal(err)
		}
		s.quiet()
		s.shows(s.row("dh_spotlerjobs", id(401)), connector.Completed, "OK", "The answer was lost; the score was read again")
		if _, scores := s.tags(1); scores["Lead"] != 10 || s.effects("score_increased") != 1 {
			t.Errorf("score %v, raised %d times", scores, s.effects("score_increased"))
		}
		if ops := s.ops(); ops[0].Attempt < 2 || ops[0].Checkpoint != nil {
			t.Errorf("it ran %d times; the note is %q", ops[0].Attempt, ops[0].Checkpoint)
		}
	})
}

// What cannot be read cannot be judged: without the score nothing is sent again. A
// read that fails for a while is only tried again.
func TestScoreThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.crm(person(1, nil), person(2, nil), person(3, nil))
	s.quiet()
	refuses := func(n int) {
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", map[string]any{"name": "unread" + id(n), "path": "*/" + id(n) + "/tags", "method": "GET", "kind": "status", "status": 404}, nil)
	}
	refuses(1)
	refuses(2)
	s.breaks("*/"+id(2)+"/score", http.MethodPut, "drop_after_commit", 1)
	s.breaks("*/"+id(3)+"/score", http.MethodPut, "drop_after_commit", 1)
	for n := 1; n <= 3; n++ {
		body := on(n, "Lead", "10")
		body["dh_name"], body["dh_operation"] = "x", int(connector.IncreaseScore)
		s.crm(edit{Method: http.MethodPost, Set: "dh_spotlerjobs", ID: id(400 + n), Body: body})
	}
	s.until("the third waits for its lost answer", func() bool { return s.effects("score_increased&external_id="+id(3)) == 1 })
	s.breaks("*/"+id(3)+"/tags", http.MethodGet, "drop_before", 4)
	s.quiet()
	s.shows(s.row("dh_spotlerjobs", id(401)), connector.Completed, "OK", "increased by 10")
	s.shows(s.row("dh_spotlerjobs", id(402)), connector.Failed, connector.CodeUncertain, "or cannot be read: this may have been done already")
	s.shows(s.row("dh_spotlerjobs", id(403)), connector.Completed, "OK", "The answer was lost; the score was read again")
	if n := s.effects("score_increased"); n != 3 {
		t.Errorf("raised %d times", n)
	}
}

// Somebody whom Spotler no longer has, and an account without tags, are named.
func TestTagWithoutContactOrCall(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.crm(person(1, nil), person(2, nil))
	s.quiet()
	mail := s.house.envs[0].mail
	if _, err := mail.Anonymize(context.Background(), connector.ExternalID(id(1))); err != nil {
		t.Fatal(err)
	}
	for n, tt := range []struct {
		operation connector.Operation
		name      string
		value     string
	}{{connector.AddTag, "Lead", ""}, {connector.SetScore, "Lead", "3"}, {connector.SetContactField, "freeField1", "3"}} {
		s.shows(s.job(401+n, tt.operation, on(1, tt.name, tt.value)), connector.Failed, "CONTACT_NOT_FOUND", "Run Sync Contact for the person first")
	}
	s.control(http.MethodPut, s.sandbox.SpotlerURL+"/control/assumptions", map[string]any{"tags": false}, nil)
	for n, operation := range []connector.Operation{connector.AddTag, connector.RemoveTag, connector.IncreaseScore} {
		s.shows(s.job(410+n, operation, on(2, "Lead", "3")), connector.Failed, connector.CodeJobNotValid, "this account has no such call")
	}
}
