package happenings

import (
	"context"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/tree"
)

// Source reads events from a cluster. It is for one goroutine.
type Source struct {
	// Again has Follow show an event once more when its step becomes known: the agent tells
	// of an object before the owner's status names it.
	Again bool

	client  dynamic.Interface
	concern *concern
	types   []string
	// resume is the resource version from which each namespace is watched.
	resume map[string]string
	// shown is the resource version of each event that was handed out.
	shown map[types.UID]string
}

// New makes the source of the events about an owner and all below it, or about some steps,
// of some types; all when none are named.
func New(client dynamic.Interface, in tree.Input, steps, eventTypes []string) *Source {
	return &Source{client: client, concern: newConcern(in, steps), types: eventTypes, resume: map[string]string{}, shown: map[types.UID]string{}}
}

// Namespaces in which there may be events, that of the owner first.
func (s *Source) Namespaces() []string { return s.concern.inOrder() }

var eventResource = schema.GroupVersionResource{Version: "v1", Resource: "events"}

// pageSize of lists.
const pageSize = 500

// selector narrows what the API server sends. For a single object it is that object. For
// several it is everything of the namespace, filtered here: the API server keeps no index
// of events and would read all of them once for each object that is asked for.
func (s *Source) selector(namespace string) string {
	var terms []string
	if uids := s.concern.objects[namespace]; len(uids) == 1 {
		terms = append(terms, fields.OneTermEqualSelector("involvedObject.uid", string(uids[0])).String())
	}
	if len(s.types) == 1 {
		terms = append(terms, fields.OneTermEqualSelector("type", s.types[0]).String())
	}
	return strings.Join(terms, ",")
}

// List reads the events of one namespace that are shown, a page at a time.
func (s *Source) List(ctx context.Context, namespace string) ([]*Event, error) {
	var found []*Event
	err := s.pages(ctx, namespace, s.selector(namespace), func(e *Event) {
		if s.concern.claims(e) {
			s.shown[e.UID] = e.ResourceVersion
			found = append(found, e)
		}
	})
	return found, err
}

// pages hands out all events of a namespace, and remembers from where to watch on.
func (s *Source) pages(ctx context.Context, namespace, selector string, each func(*Event)) error {
	options := metav1.ListOptions{FieldSelector: selector, Limit: pageSize}
	for {
		page, err := s.client.Resource(eventResource).Namespace(namespace).List(ctx, options)
		if err != nil {
			return err
		}
		for i := range page.Items {
			if e := s.read(&page.Items[i]); e != nil {
				each(e)
			}
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			s.resume[namespace] = page.GetResourceVersion()
			return nil
		}
	}
}

// read is nil for what is no event, or of a type that is not asked for.
func (s *Source) read(raw *unstructured.Unstructured) *Event {
	raw.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Event"})
	e, err := newEvent(raw)
	if err != nil || (len(s.types) == 1 && e.Type != s.types[0]) {
		return nil
	}
	return e
}
