package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/rules"
)

// inspector keeps what lint finds in the blueprints of the cluster, for their statuses and
// events. It informs only: no owner waits for it, and none is treated otherwise for what it
// finds.
type inspector struct {
	read    func() []lint.File
	clock   clock.Clock
	changed chan struct{}

	mu    sync.RWMutex
	found map[blueprintKey]string
}

// How long an inspection waits after a change, so that a set that is applied as a whole is
// seen as a whole; and what part of the time inspections may take: one of ten seconds' worth
// of work is followed by a long rest.
const (
	inspectionDelay = time.Second
	inspectionShare = 20
	// maxFindings is how many findings a message tells.
	maxFindings = 5
)

func newInspector(read func() []lint.File, c clock.Clock) *inspector {
	return &inspector{read: read, clock: c, changed: make(chan struct{}, 1), found: map[blueprintKey]string{}}
}

// touch says that a blueprint or a template has changed.
func (i *inspector) touch() {
	select {
	case i.changed <- struct{}{}:
	default:
	}
}

// message is what lint finds in a blueprint and its templates; empty when that is nothing.
func (i *inspector) message(key blueprintKey) string {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.found[key]
}

// work inspects after changes until the context ends, and tells of the blueprints whose
// findings are other than before.
func (i *inspector) work(ctx context.Context, news func(blueprintKey)) {
	rest := inspectionDelay
	for {
		select {
		case <-ctx.Done():
			return
		case <-i.changed:
		}
		select {
		case <-ctx.Done():
			return
		case <-i.clock.After(rest):
		}
		began := i.clock.Now()
		for _, key := range i.inspect() {
			news(key)
		}
		rest = max(inspectionDelay, inspectionShare*i.clock.Since(began))
	}
}

// inspect looks at everything, and returns the blueprints whose findings have changed.
func (i *inspector) inspect() []blueprintKey {
	found := findings(i.read())
	i.mu.Lock()
	defer i.mu.Unlock()
	var changed []blueprintKey
	for key, message := range found {
		if i.found[key] != message {
			changed = append(changed, key)
		}
	}
	for key := range i.found {
		if _, still := found[key]; !still {
			changed = append(changed, key)
		}
	}
	i.found = found
	return changed
}

// inspecting are the rules that an inspection applies: those whose findings are errors
// whatever else the cluster holds. That a template does not exist is the condition
// TemplatesReady already; what schemas refuse never gets into a cluster.
var inspecting = sync.OnceValue(func() []*lint.Rule {
	var chosen []*lint.Rule
	for _, rule := range rules.All() {
		if rule.Level == lint.Error && rule.Needs == lint.NeedsFiles && rule.Family() != "SYN" && rule.ID != "REF001" {
			chosen = append(chosen, rule)
		}
	}
	return chosen
})

// findings are the errors of each blueprint and its templates, in one message.
func findings(files []lint.File) map[blueprintKey]string {
	set := lint.ReadFiles(files)
	concerns := map[string][]*lint.Blueprint{}
	for _, b := range set.Blueprints {
		concerns[b.Object.String()] = append(concerns[b.Object.String()], b)
		for _, use := range b.Uses {
			if use.Template != nil {
				object := use.Template.Object.String()
				if !slices.Contains(concerns[object], b) {
					concerns[object] = append(concerns[object], b)
				}
			}
		}
	}
	told := map[blueprintKey][]string{}
	for _, f := range lint.Run(set, inspecting(), lint.Options{}).Findings {
		if f.Level != lint.Error {
			continue
		}
		for _, b := range concerns[f.Object] {
			// What keeps the blueprint from being Valid is told there.
			if isDiagnosed(b, f.Rule.ID) {
				continue
			}
			key := blueprintKey{b.Kind, b.Name}
			told[key] = append(told[key], fmt.Sprintf("%s %s: %s (%s)", strings.ReplaceAll(f.Object, "/", " "), f.Field, f.Message, f.Rule.ID))
		}
	}
	messages := make(map[blueprintKey]string, len(told))
	for key, all := range told {
		all = slices.Compact(all)
		text := strings.Join(all[:min(len(all), maxFindings)], "; ")
		if more := len(all) - maxFindings; more > 0 {
			text += fmt.Sprintf("; and %d more", more)
		}
		messages[key] = "lint finds errors: " + text
	}
	return messages
}

func isDiagnosed(b *lint.Blueprint, rule string) bool {
	for _, d := range b.Errors() {
		if d.Rule == rule {
			return true
		}
	}
	return false
}

// files are the blueprints and templates of the caches, as lint reads them.
func (c *catalog) files() []lint.File {
	var files []lint.File
	for _, kind := range slices.Sorted(maps.Keys(c.informers)) {
		if v1alpha1.IsOwnerKind(kind) {
			continue
		}
		store := c.informers[kind].GetStore()
		for _, name := range slices.Sorted(slices.Values(store.ListKeys())) {
			object := c.object(kind, name)
			if object == nil {
				continue // gone in the meantime
			}
			if meta, ok := object.(metav1.Object); ok && whyUnread(meta) != nil {
				continue // counts as not there
			}
			content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
			if err != nil {
				continue // typed objects of ours always convert
			}
			content["apiVersion"], content["kind"] = v1alpha1.GroupVersion.String(), kind
			delete(content, "status")
			data, err := json.Marshal(content)
			if err != nil {
				continue
			}
			files = append(files, lint.File{Name: kind + "/" + name, Data: data})
		}
	}
	return files
}
