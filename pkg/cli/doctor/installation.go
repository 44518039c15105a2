package doctor

import (
	"context"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/cli/version"
	"github.com/carto-run/carto/pkg/install"
)

// installation compares what is around the agent with what this plugin would install.
func installation(ctx context.Context, e *examination, v *verdict) {
	s := e.agents(ctx)
	switch {
	case s.err != nil && len(s.deployments) == 0:
		e.unread(v, "list", s.resource, s.namespace, s.err)
		return
	case len(s.deployments) == 0:
		v.addf(OK, "", "no agent in the cluster, so none to compare")
		return
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&s.deployments[0])
	if err != nil {
		v.addf(Unknown, "", "the agent's Deployment cannot be compared: %v", err)
		return
	}
	agent := &unstructured.Unstructured{Object: fields}
	drift, err := install.ReadDrift(ctx, e.client, agent, version.Version())
	switch {
	case apierrors.IsForbidden(err):
		v.addf(Unknown, "", "cannot be compared without permission to read what was installed: %s", strings.TrimSpace(e.Words(err)))
		return
	case err != nil:
		v.addf(Unknown, "", "cannot be compared: %s", strings.TrimSpace(e.Words(err)))
		return
	}
	remedy, whose := e.Program+" install", "this plugin"
	if ns := agent.GetNamespace(); ns != install.DefaultNamespace {
		remedy += " -n " + ns
	}
	image := install.AgentImage(agent)
	switch theirs := install.AgentVersion(agent); {
	case theirs != "" && theirs != version.Version():
		whose += " (" + version.Version() + ", and " + theirs + " is installed)"
	case image != install.ImageRepository+":"+version.Version():
		remedy += " --image " + image // which install remembers only while the agent has its rights
	}
	for _, f := range []struct {
		status Status
		what   string
		names  []string
	}{
		{Warning, "missing: ", drift.Missing},
		{Warning, "not as " + whose + " installs it: ", drift.Differ},
		{Warning, "of another version, and not of " + whose + ": ", drift.Left},
	} {
		if len(f.names) > 0 {
			v.addf(f.status, remedy, "%s%s", f.what, strings.Join(f.names, ", "))
			remedy = "" // once for all
		}
	}
	if v.status == "" {
		v.addf(OK, "", "all in the namespace %s is as this plugin installs it", agent.GetNamespace())
	}
}
