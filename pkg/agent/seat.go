package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/utils/ptr"
)

// shardsIdentity holds the Lease of the election in the name of all shards.
const shardsIdentity = "carto-agent-shards"

// seat is the Lease of the election, which the shards hold together: as long as one of them
// renews it, no agent with --leader-elect begins to work beside them, and none of them
// begins while such an agent works. So one can be replaced by the other in a rolling update,
// in either direction. It is never given back: that nobody renews it is the only sign that
// all shards have ended.
type seat struct {
	leases          coordination.LeaseInterface
	namespace, name string
	// seen is the version of the Lease that another holds, and since when it has not changed.
	seen  string
	since time.Time
}

// hold renews the seat, or takes it when it is free. It returns who holds it otherwise.
func (s *seat) hold(ctx context.Context) (other string, err error) {
	now := metav1.NewMicroTime(time.Now())
	renew, err := json.Marshal([]map[string]any{
		{"op": "test", "path": "/spec/holderIdentity", "value": shardsIdentity},
		{"op": "replace", "path": "/spec/renewTime", "value": now},
	})
	if err != nil {
		return "", err
	}
	// A patch, so that shards that renew it at the same time are in nobody's way.
	_, err = s.leases.Patch(ctx, s.name, types.JSONPatchType, renew, metav1.PatchOptions{})
	switch {
	case err == nil:
		return "", nil
	case apierrors.IsNotFound(err):
		_, err = s.leases.Create(ctx, &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: s.name, Namespace: s.namespace}, Spec: s.spec(now, 0)}, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return "another", nil
		}
		return "", err
	case !apierrors.IsInvalid(err):
		return "", err
	}
	return s.take(ctx, now)
}

// take makes the seat the shards', if its holder has given it up or does not renew it.
func (s *seat) take(ctx context.Context, now metav1.MicroTime) (other string, err error) {
	lease, err := s.leases.Get(ctx, s.name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	holder := ptr.Deref(lease.Spec.HolderIdentity, "")
	if holder == shardsIdentity {
		return "", fmt.Errorf("the lease %s/%s has just been taken by another shard", s.namespace, s.name) // and is renewed next time
	}
	if s.seen != lease.ResourceVersion {
		s.seen, s.since = lease.ResourceVersion, time.Now()
	}
	lasts := time.Duration(ptr.Deref(lease.Spec.LeaseDurationSeconds, int32(leaseDuration/time.Second))) * time.Second
	if holder != "" && time.Since(s.since) < lasts {
		return holder, nil
	}
	lease.Spec = s.spec(now, ptr.Deref(lease.Spec.LeaseTransitions, 0)+1)
	_, err = s.leases.Update(ctx, lease, metav1.UpdateOptions{})
	if apierrors.IsConflict(err) {
		return "another", nil
	}
	return "", err
}

func (s *seat) spec(now metav1.MicroTime, transitions int32) coordinationv1.LeaseSpec {
	return coordinationv1.LeaseSpec{
		HolderIdentity: ptr.To(shardsIdentity), LeaseDurationSeconds: ptr.To(int32(leaseDuration / time.Second)),
		AcquireTime: &now, RenewTime: &now, LeaseTransitions: &transitions,
	}
}
