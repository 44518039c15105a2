package happenings

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"
)

// TestWatchForbidden: who may list events, but not watch them, is told so once. Lists that
// are sent again and again would look like a watch, and cost the API server each time.
func TestWatchForbidden(t *testing.T) {
	t.Parallel()
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{eventResource: "EventList"})
	client.PrependWatchReactor("events", func(a clienttesting.Action) (bool, watch.Interface, error) {
		return true, nil, apierrors.NewForbidden(a.GetResource().GroupResource(), "", errors.New("no"))
	})
	s := &Source{client: client, resume: map[string]string{"shop": "1"}}
	var notes []string
	s.watch(t.Context(), "shop", nil, func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) })
	if len(notes) != 1 || !strings.Contains(notes[0], "cannot watch events in namespace shop") {
		t.Errorf("notes: %v", notes)
	}
}
