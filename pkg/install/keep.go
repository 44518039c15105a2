package install

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilversion "k8s.io/apimachinery/pkg/util/version"
)

// Sharded says whether all replicas of an agent's Deployment work.
func Sharded(agent *unstructured.Unstructured) bool {
	return slices.Contains(agentArgs(agent), ModeShards)
}

// Scale are the replicas of an agent's Deployment as Config has them: so many of which one
// works, or so many shards. One that is scaled down is to work again when it is installed
// again, with as few as there can be.
func Scale(agent *unstructured.Unstructured) (replicas, shards int) {
	n, given, _ := unstructured.NestedInt64(agent.Object, "spec", "replicas")
	if !given {
		n = 1 // as the API server has it
	}
	if Sharded(agent) {
		return 0, max(int(n), 2)
	}
	if n < 1 {
		return DefaultReplicas, 0
	}
	return int(n), 0
}

// NextImage is the image of a version for an agent that is installed already, where nobody
// names one.
//
// As long as the version is the same, so is the image: who changes another option of an
// installation does not mean it. Another version brings its own image, but never from a
// repository that nobody chose: a private registry often is the only one that the nodes
// reach, or may use. Which of its images is that version can be told only where the tag has
// been the version; else it is an error, for the old agent is not to run under new rules
// unnoticed either.
func NextImage(agent *unstructured.Unstructured, version string) (string, error) {
	image, was := AgentImage(agent), AgentVersion(agent)
	repository, tag, digest := splitImage(image)
	switch {
	case image == "":
		return ImageRepository + ":" + version, nil
	case was == version, version == Unversioned: // a build that knows no version is no upgrade
		return image, nil
	case digest != "":
		return "", fmt.Errorf("the agent's image %s is pinned by a digest, and that of %s cannot be known; name it with --image", image, version)
	case repository == ImageRepository:
		return ImageRepository + ":" + version, nil
	}
	if _, err := utilversion.ParseSemantic(tag); err != nil || tag != was {
		return "", fmt.Errorf("which image in %s is the agent of %s cannot be told by the tag of the one before, %s; name it with --image", repository, version, image)
	}
	return repository + ":" + version, nil
}
