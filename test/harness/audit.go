package harness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

// Request is what the audit log says of one request to the API server. A watch is there as soon as it has begun.
type Request struct {
	Time             time.Time // when it arrived
	Duration         time.Duration
	Verb             string // get, list, watch, create, update, patch, delete, deletecollection
	User             string // who authenticated
	ImpersonatedUser string // as whom, if as someone else
	UserAgent        string
	Group            string
	Version          string
	Resource         string // plural; empty for paths such as /version
	Subresource      string
	Namespace        string
	Name             string
	URI              string
	Code             int
}

// Filter chooses requests. Empty fields choose everything.
type Filter struct {
	UserAgent        string // a prefix
	Verbs            []string
	User             string
	ImpersonatedUser string
	Group            string
	Resource         string // with subresource, as in "deployments/status"; "deployments" means only the object itself
	Namespace        string
	Name             string
	Since            Mark                 // only what was logged after it
	Match            func(r Request) bool // anything else
}

// Mark is a place in the audit log.
type Mark int64

// Writes are the verbs that change something.
var Writes = []string{"create", "update", "patch", "delete", "deletecollection"}

// matches says whether the filter chooses a request.
func (f Filter) matches(r Request) bool {
	resource := r.Resource
	if r.Subresource != "" {
		resource += "/" + r.Subresource
	}
	same := func(want, have string) bool { return want == "" || want == have }
	return strings.HasPrefix(r.UserAgent, f.UserAgent) &&
		(len(f.Verbs) == 0 || slices.Contains(f.Verbs, r.Verb)) &&
		same(f.User, r.User) && same(f.ImpersonatedUser, r.ImpersonatedUser) &&
		same(f.Group, r.Group) && same(f.Resource, resource) &&
		same(f.Namespace, r.Namespace) && same(f.Name, r.Name) &&
		(f.Match == nil || f.Match(r))
}

// Mark returns the place in the audit log after everything that the API server has answered by now.
func (cp *ControlPlane) Mark(ctx context.Context) (Mark, error) {
	if err := cp.flushAudit(ctx); err != nil {
		return 0, err
	}
	info, err := os.Stat(cp.AuditLog)
	if err != nil {
		return 0, fmt.Errorf("read the audit log: %w", err)
	}
	return Mark(info.Size()), nil
}

// CountRequests counts the requests that the filter chooses among all that the API server has answered by now.
func (cp *ControlPlane) CountRequests(ctx context.Context, filter Filter) (int, error) {
	requests, err := cp.Requests(ctx, filter)
	return len(requests), err
}

// Requests returns the requests that the filter chooses among all that the API server has answered by now.
func (cp *ControlPlane) Requests(ctx context.Context, filter Filter) ([]Request, error) {
	if err := cp.flushAudit(ctx); err != nil {
		return nil, err
	}
	var chosen []Request
	_, err := readAudit(cp.AuditLog, int64(filter.Since), func(r Request) {
		if !strings.HasPrefix(r.UserAgent, markerAgent) && filter.matches(r) {
			chosen = append(chosen, r)
		}
	})
	return chosen, err
}

// markerAgent is the user agent of the requests by which the harness finds its place in the log.
const markerAgent = "carto-harness-marker/"

var markers atomic.Int64

// flushAudit returns when the log has what was answered before the call. The API server writes a request's line just after its
// answer, so a reader would otherwise miss the latest; the line of a later request tells that it is there.
func (cp *ControlPlane) flushAudit(ctx context.Context) error {
	if cp.AuditLog == "" {
		return errors.New("this control plane has no audit log: start it with Options.AuditLog")
	}
	info, err := os.Stat(cp.AuditLog)
	if err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	config := rest.CopyConfig(cp.Config)
	config.UserAgent = fmt.Sprintf("%s%d", markerAgent, markers.Add(1))
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return fmt.Errorf("mark the audit log: %w", err)
	}
	if _, err := client.RESTClient().Get().AbsPath("/version").DoRaw(ctx); err != nil {
		return fmt.Errorf("mark the audit log: %w", err)
	}
	offset, found := info.Size(), false
	for !found {
		offset, err = readAudit(cp.AuditLog, offset, func(r Request) { found = found || r.UserAgent == config.UserAgent })
		if err != nil {
			return err
		}
		if found {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the audit log: %w", ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

// readAudit calls f for each complete line from an offset on, and returns the offset after the last one.
func readAudit(path string, offset int64, f func(Request)) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("read the audit log: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return 0, fmt.Errorf("read the audit log: %w", err)
	}
	lines := bufio.NewReaderSize(file, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return offset, nil // an incomplete line is read again next time
		}
		if err != nil {
			return 0, fmt.Errorf("read the audit log: %w", err)
		}
		offset += int64(len(line))
		request, err := parseRequest(bytes.TrimSpace(line))
		if err != nil {
			return 0, fmt.Errorf("read the audit log: %w", err)
		}
		f(request)
	}
}

// parseRequest reads the part of an audit event that Request has; the type for all of it comes with the API server's module.
func parseRequest(line []byte) (Request, error) {
	var event struct {
		RequestURI       string
		Verb             string
		UserAgent        string
		User             struct{ Username string }
		ImpersonatedUser struct{ Username string }
		ObjectRef        struct{ APIGroup, APIVersion, Resource, Subresource, Namespace, Name string }
		ResponseStatus   struct{ Code int }

		RequestReceivedTimestamp time.Time
		StageTimestamp           time.Time
	}
	if err := json.Unmarshal(line, &event); err != nil {
		return Request{}, fmt.Errorf("parse %q: %w", line, err)
	}
	return Request{
		Time:             event.RequestReceivedTimestamp,
		Duration:         event.StageTimestamp.Sub(event.RequestReceivedTimestamp),
		Verb:             event.Verb,
		User:             event.User.Username,
		ImpersonatedUser: event.ImpersonatedUser.Username,
		UserAgent:        event.UserAgent,
		Group:            event.ObjectRef.APIGroup,
		Version:          event.ObjectRef.APIVersion,
		Resource:         event.ObjectRef.Resource,
		Subresource:      event.ObjectRef.Subresource,
		Namespace:        event.ObjectRef.Namespace,
		Name:             event.ObjectRef.Name,
		URI:              event.RequestURI,
		Code:             event.ResponseStatus.Code,
	}, nil
}
