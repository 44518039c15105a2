// Package install holds what Carto needs in a cluster, and puts it there: the
// definitions of its kinds, and the agent with its namespace, identity and roles.
//
// The manifests are embedded, so that a plugin and the manifests that it installs are
// always of one version, and installing needs no network besides the API server. They
// are kept as text with comments; what is printed is what is applied.
package install

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
)

//go:embed manifests/*.yaml manifests/optional/*.yaml
var manifests embed.FS

// DefaultNamespace of the agent. The manifests are written with it.
const DefaultNamespace = "carto-system"

// ImageRepository of the agent; its tag is the version.
const ImageRepository = "ghcr.io/carto-run/carto-agent"

// DefaultReplicas of the agent: one works, and one stands by.
const DefaultReplicas = 2

// ModeShards is the agent's flag for replicas that all work, and ShardSelector selects the
// Leases that they have then.
const (
	ModeShards    = "--shards"
	ShardSelector = v1alpha1.LabelAgentShard + "=" + AgentName
)

// Config says what to install.
type Config struct {
	// Namespace of the agent.
	Namespace string
	// Image of the agent.
	Image string
	// Replicas of the agent; 0 for DefaultReplicas.
	Replicas int
	// Shards makes so many replicas that all work, each on its share of the owners; 0 for
	// Replicas of which one works.
	Shards int
	// Version of what is installed; empty for Unversioned.
	Version string
	// WatchKinds are those that the agent may read besides those that it knows.
	WatchKinds []schema.GroupResource
	// Options that are switched on.
	Options
	// CRDsOnly leaves out everything but the definitions of the kinds.
	CRDsOnly bool
}

// An image reference is put into YAML as text: only what a reference can consist of.
var imagePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$`)

// Validate returns all faults.
func (c Config) Validate() []error {
	var faults []error
	for _, msg := range validation.IsDNS1123Label(c.Namespace) {
		faults = append(faults, fmt.Errorf("namespace %q: %s", c.Namespace, msg))
	}
	if !imagePattern.MatchString(c.Image) {
		faults = append(faults, fmt.Errorf("image %q is not an image reference", c.Image))
	}
	if c.Replicas < 0 {
		faults = append(faults, fmt.Errorf("%d replicas: there must be at least one", c.Replicas))
	}
	if c.Shards < 0 || c.Shards == 1 {
		faults = append(faults, fmt.Errorf("%d shards: there must be at least two, or none for one agent that works and others that stand by", c.Shards))
	}
	if c.Version != "" && !imagePattern.MatchString(c.Version) {
		faults = append(faults, fmt.Errorf("%q is not a version", c.Version))
	}
	return faults
}

// YAML is the text of all manifests, in the order in which they are applied.
func YAML(c Config) ([]byte, error) {
	docs, err := documents(c)
	if err != nil {
		return nil, err
	}
	return join(docs), nil
}

func join(docs []string) []byte {
	var out bytes.Buffer
	for _, d := range docs {
		text := strings.TrimPrefix(strings.TrimSpace(d), "---")
		out.WriteString("---\n" + strings.TrimSpace(text) + "\n")
	}
	return out.Bytes()
}

// Objects are the manifests as objects, in the order in which they are applied.
func Objects(c Config) ([]*unstructured.Unstructured, error) {
	text, err := YAML(c)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for _, doc := range strings.Split("\n"+string(text), "\n---\n") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		obj := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(doc), &obj.Object); err != nil {
			return nil, fmt.Errorf("embedded manifest: %w", err)
		}
		objects = append(objects, obj)
	}
	return objects, nil
}

func documents(c Config) ([]string, error) {
	docs, err := definitions(c.Version)
	if err != nil || c.CRDsOnly {
		return docs, err
	}
	agent, err := agent(c)
	return append(docs, agent...), err
}

func definitions(version string) ([]string, error) {
	raw, err := crds.Raw()
	if err != nil {
		return nil, err
	}
	docs := make([]string, len(raw))
	for i, d := range raw {
		docs[i] = string(d)
		if version != "" {
			const annotations = "\n  annotations:\n"
			docs[i] = strings.Replace(docs[i], annotations, annotations+"    "+AnnotationVersion+": "+version+"\n", 1)
		}
	}
	return docs, nil
}

// agent is everything but the definitions.
func agent(c Config) ([]string, error) {
	if faults := c.Validate(); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	entries, err := fs.ReadDir(manifests, "manifests")
	if err != nil {
		return nil, err
	}
	if c.Replicas == 0 {
		c.Replicas = DefaultReplicas
	}
	if c.Version == "" {
		c.Version = Unversioned
	}
	if c.Shards > 0 {
		c.Replicas = c.Shards
	}
	fill := strings.NewReplacer(DefaultNamespace, c.Namespace, "$(CARTO_IMAGE)", c.Image,
		"$(CARTO_MODE)", c.mode(), "$(CARTO_REPLICAS)", strconv.Itoa(c.Replicas), "$(CARTO_VERSION)", c.Version, "$(CARTO_MORE_ARGS)", c.moreArgs())
	var docs []string
	for _, e := range entries {
		if e.IsDir() {
			continue // of options
		}
		text, err := manifests.ReadFile("manifests/" + e.Name())
		if err != nil {
			return nil, err
		}
		docs = append(docs, fill.Replace(string(text)))
	}
	// The last is the Deployment, whose pods need the rights that options add from their start.
	last := len(docs) - 1
	docs, workload := docs[:last], docs[last]
	for _, o := range optional {
		if !o.on(&c) {
			continue
		}
		text, err := o.manifest()
		if err != nil {
			return nil, err
		}
		docs = append(docs, fill.Replace(text))
	}
	for _, role := range watchRoles(c.WatchKinds) {
		docs = append(docs, fill.Replace(role))
	}
	return append(docs, workload), nil
}
