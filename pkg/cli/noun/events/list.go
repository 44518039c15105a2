package events

import (
	"context"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var eventResource = schema.GroupVersionResource{Version: "v1", Resource: "events"}

// pageSize of lists.
const pageSize = 500

// selector narrows what the API server sends. For a single object it is that object. For
// several it is everything of the namespace, filtered here: the API server keeps no index
// of events and would read all of them once for each object that is asked for.
func (s *source) selector(namespace string) string {
	var terms []string
	if uids := s.concern.objects[namespace]; len(uids) == 1 {
		terms = append(terms, fields.OneTermEqualSelector("involvedObject.uid", string(uids[0])).String())
	}
	if len(s.types) == 1 {
		terms = append(terms, fields.OneTermEqualSelector("type", s.types[0]).String())
	}
	return strings.Join(terms, ",")
}

// list reads the events of one namespace that are shown, a page at a time.
func (s *source) list(ctx context.Context, namespace string) ([]*Event, error) {
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
func (s *source) pages(ctx context.Context, namespace, selector string, each func(*Event)) error {
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
func (s *source) read(raw *unstructured.Unstructured) *Event {
	raw.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Event"})
	e, err := newEvent(raw)
	if err != nil || (len(s.types) == 1 && e.Type != s.types[0]) {
		return nil
	}
	return e
}
