package dataversesim

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Webhook calls (reference: dataverse-api 1.5 and 1.6).
const (
	webhookTimeout = 60 * time.Second
	webhookLimit   = 256 << 10 // bytes of a body; above it four members are dropped
)

// settings is how authvalue carries headers or query parameters.
type settings struct {
	Settings []struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	} `xml:"setting"`
}

// address is the address of an endpoint with what its authtype adds, and the
// headers it adds (reference: dataverse-api 1.2).
func (e *endpoint) address() (string, http.Header, error) {
	u, err := url.Parse(e.url)
	if err != nil {
		return "", nil, fmt.Errorf("the url of the endpoint cannot be read: %w", err)
	}
	header := http.Header{}
	add := func(name, value string) {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += url.QueryEscape(name) + "=" + url.QueryEscape(value)
	}
	switch e.authType {
	case authWebhookKey:
		add("code", e.auth)
	case authHTTPHeader, authQueryString:
		var s settings
		if err := xml.Unmarshal([]byte(e.auth), &s); err != nil {
			return "", nil, fmt.Errorf("the authvalue of the endpoint is not the XML that its authtype needs: %w", err)
		}
		for _, item := range s.Settings {
			if e.authType == authHTTPHeader {
				header.Set(item.Name, item.Value)
			} else {
				add(item.Name, item.Value)
			}
		}
	}
	return u.String(), header, nil
}

// deliver makes the webhook call of an event, or sends its message. The answer is empty when it
// succeeded and otherwise what the System Job says.
func (s *Sim) deliver(ctx context.Context, e *event) (trouble string) {
	switch e.step.endpoint.contract {
	case contractWebhook:
	case contractQueue, contractTopic, contractPersistentQueue, contractEventHub:
		return s.publish(ctx, e)
	default:
		return "This kind of service endpoint is not simulated."
	}
	to, own, err := e.step.hook()
	if err != nil {
		return err.Error()
	}
	header := make(http.Header, len(own)+8)
	maps.Copy(header, own)
	buf := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buf)
	*buf = s.body((*buf)[:0], e, false)
	if len(*buf) > webhookLimit {
		*buf = s.body((*buf)[:0], e, true)
		header.Set("X-Ms-Dynamics-Msg-Size-Exceeded", "true")
		s.courier.oversize.Add(1)
	}
	header.Set("Content-Type", "application/json")
	header.Set("X-Ms-Dynamics-Organization", s.domain())
	header.Set("X-Ms-Dynamics-Entity-Name", e.change.table.name)
	header.Set("X-Ms-Dynamics-Request-Name", e.change.message)
	header.Set("X-Ms-Correlation-Request-Id", e.correlation.String())
	header.Set("X-Request-Id", e.request.String())
	status, err := s.post(ctx, to, header, *buf)
	if err == nil && status >= 502 && status <= 504 {
		s.courier.retried.Add(1)
		status, err = s.post(ctx, to, header, *buf)
	}
	switch {
	case err != nil:
		return "Endpoint unavailable: " + err.Error()
	case status < 200 || status > 299:
		return fmt.Sprintf("The remote server returned an error: (%d).", status)
	}
	return ""
}

func (s *Sim) post(ctx context.Context, to string, header http.Header, body []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header = header
	resp, err := s.client.Do(req)
	if err != nil {
		// The address carries the shared secret: only the cause is told.
		var told *url.Error
		if errors.As(err, &told) {
			err = told.Err
		}
		return 0, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // only the status counts
	return resp.StatusCode, nil
}

// domain is the name under which the organisation is known.
func (s *Sim) domain() string { return strings.ToLower(s.cfg.OrganizationName) + ".crm4.dynamics.com" }
