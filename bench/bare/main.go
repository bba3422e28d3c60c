// Command bare is the yardstick of the benchmark: a plain loop that carries the
// same edits without a connector. One signed POST to Spotler and one PATCH of a
// Spotler Job in Dataverse for each change, in lanes hashed by contact, over
// connections that are kept; nothing is durable, nothing is decided.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spotler-connector/connector/bench/rig"
	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/transport"
)

func main() {
	var l loop
	flag.StringVar(&l.crm, "dataverse", "", "address of the simulated Dataverse")
	flag.StringVar(&l.mail, "spotler", "", "address of the simulated Spotler")
	flag.IntVar(&l.lanes, "lanes", 32, "contacts that are worked on at a time")
	shape := flag.String("shape", string(rig.Spread), "order of the edits")
	flag.Parse()
	out, err := l.measure(context.Background(), rig.Shape(*shape))
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

// loop carries edits.
type loop struct {
	crm, mail string
	lanes     int
	sign      *http.Client
	plain     *http.Client
	token     string
}

// measure runs the edits twice: with both remotes, then on Spotler alone.
func (l *loop) measure(ctx context.Context, shape rig.Shape) (rig.Bare, error) {
	pool := func() *http.Transport {
		return &http.Transport{MaxIdleConns: l.lanes, MaxIdleConnsPerHost: l.lanes, IdleConnTimeout: time.Minute, DisableCompression: true}
	}
	l.plain = &http.Client{Transport: pool()}
	l.sign = &http.Client{Transport: transport.OAuth1{Key: sandbox.SpotlerKey, Secret: sandbox.SpotlerSecret}.Layer()(pool())}
	if err := l.signIn(ctx); err != nil {
		return rig.Bare{}, err
	}
	first := rig.Edits(shape, 0)
	if _, err := l.run(ctx, first[:min(len(first), rig.People)], false); err != nil { // everybody is there, connections are open
		return rig.Bare{}, err
	}
	both, err := l.run(ctx, rig.Edits(shape, rig.Versions), true)
	if err != nil {
		return rig.Bare{}, err
	}
	alone, err := l.run(ctx, rig.Edits(shape, 2*rig.Versions), false)
	return rig.Bare{ChangesPerS: both, MarketingPerS: alone}, err
}

func (l *loop) signIn(ctx context.Context) error {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {sandbox.ClientID}, "client_secret": {sandbox.ClientSecret}, "scope": {l.crm + "/.default"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.crm+"/"+sandbox.Tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := l.plain.Do(req)
	if err != nil {
		return err
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	l.token = "Bearer " + answer.Token
	return errors.Join(err, resp.Body.Close())
}

// work is one change with its bodies ready made.
type work struct {
	contact []byte
	job     string
}

// run carries edits and returns how many a second.
func (l *loop) run(ctx context.Context, edits []rig.Edit, tell bool) (float64, error) {
	lanes := make([][]work, l.lanes)
	for i, e := range edits {
		lane := e.Person % l.lanes
		lanes[lane] = append(lanes[lane], work{contactBody(e), l.crm + "/api/data/v9.2/dh_spotlerjobs(" + rig.JobID(i) + ")"})
	}
	failed := make(chan error, l.lanes)
	var running sync.WaitGroup
	began := time.Now()
	for _, todo := range lanes {
		running.Go(func() {
			for _, w := range todo {
				if err := l.carry(ctx, w, tell); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	running.Wait()
	took := time.Since(began)
	select {
	case err := <-failed:
		return 0, err
	default:
		return float64(len(edits)) / took.Seconds(), nil
	}
}

func contactBody(e rig.Edit) []byte {
	i := e.Person
	return fmt.Appendf(nil, `{"update":true,"purge":false,"contact":{"externalId":%q,"properties":{"email":"person%d@example.org","firstName":"Voornaam%d","infix":"van der",`+
		`"lastName":"Achternaam%d","profileField1":"Engineer","street":"Dorpsstraat %d","postalCode":"1234 AB","city":"Utrecht","country":"Nederland","customerType":"contact",%q:%d}}}`,
		rig.RecordID(i), i, i%97, i, i, rig.VersionProperty, e.Version)
}

var told = []byte(`{"statecode":1,"statuscode":2,"dh_resultcode":"OK"}`)

func (l *loop) carry(ctx context.Context, w work, tell bool) error {
	post := call{method: http.MethodPost, to: l.mail + sandbox.SpotlerBasePath + "/contact", body: w.contact}
	if err := post.over(ctx, l.sign); err != nil || !tell {
		return err
	}
	return call{http.MethodPatch, w.job, l.token, told}.over(ctx, l.plain)
}

// call is one request to a remote; an empty token leaves it to the client to sign.
type call struct {
	method, to, token string
	body              []byte
}

// over sends the request, and anything but a 2xx is an error.
func (k call) over(ctx context.Context, c *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, k.method, k.to, bytes.NewReader(k.body))
	if err != nil {
		return err
	}
	req.Header["Content-Type"] = []string{"application/json"}
	if k.token != "" {
		req.Header["Authorization"] = []string{k.token}
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	says, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode > 299 {
		return fmt.Errorf("%s: status %d: %s", k.method, resp.StatusCode, says)
	}
	return nil
}
