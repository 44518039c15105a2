package faultproxy

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Request is what rules look at. Resource has the subresource in it, as in "workloads/status", and is empty for discovery.
type Request struct {
	Verb, Resource, Namespace, Name, UserAgent string
}

// Writes are the verbs that change something.
var Writes = []string{"create", "update", "patch", "delete"}

// requestOf reads a request as the API server does; deletions of collections are "delete".
func requestOf(r *http.Request) Request {
	request := Request{UserAgent: r.UserAgent()}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		parts = parts[3:]
	default:
		parts = nil
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		request.Namespace, parts = parts[1], parts[2:]
	}
	if len(parts) > 0 {
		request.Resource = parts[0]
	}
	if len(parts) > 1 {
		request.Name = parts[1]
	}
	if len(parts) > 2 {
		request.Resource += "/" + strings.Join(parts[2:], "/")
	}
	query := r.URL.Query().Get("watch")
	switch {
	case r.Method == http.MethodPost:
		request.Verb = "create"
	case r.Method == http.MethodPut:
		request.Verb = "update"
	case r.Method == http.MethodPatch:
		request.Verb = "patch"
	case r.Method == http.MethodDelete:
		request.Verb = "delete"
	case query == "true" || query == "1":
		request.Verb = "watch"
	case request.Resource != "" && request.Name == "":
		request.Verb = "list"
	default:
		request.Verb = "get"
	}
	return request
}

// Rule says what becomes of which requests.
type Rule struct {
	// Name under which it is counted.
	Name string
	// Verbs, Resources and UserAgent (a prefix) choose requests; what is empty chooses all.
	Verbs, Resources []string
	UserAgent        string
	// Every n-th that is chosen, from the n-th on; 0 is 1.
	Every int
	// Times is how often at most; 0: without end.
	Times int
	// For is how long after Set; 0: without end.
	For   time.Duration
	Fault Fault
}

func (r *Rule) concerns(request Request) bool {
	return (len(r.Verbs) == 0 || slices.Contains(r.Verbs, request.Verb)) &&
		(len(r.Resources) == 0 || slices.Contains(r.Resources, request.Resource)) &&
		strings.HasPrefix(request.UserAgent, r.UserAgent)
}
