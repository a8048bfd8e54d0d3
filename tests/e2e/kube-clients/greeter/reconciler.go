package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	metav1apply "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

const (
	finalizer = "greeter.example.com/farewell"
	owner     = client.FieldOwner("greeter")
)

// reconciler keeps a ConfigMap for every Greeting by server-side apply, and says farewell in another one at its end.
type reconciler struct {
	client.Client
	recorder events.EventRecorder
}

func (r *reconciler) setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).For(&Greeting{}).Owns(&corev1.ConfigMap{}).Complete(r)
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	greeting := &Greeting{}
	if err := r.Get(ctx, request.NamespacedName, greeting); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !greeting.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.sayFarewell(ctx, greeting)
	}
	if controllerutil.AddFinalizer(greeting, finalizer) {
		if err := r.Update(ctx, greeting); err != nil {
			return ctrl.Result{}, err
		}
	}
	text := fmt.Sprintf("%s, %s!", greeting.Spec.Salutation, greeting.Spec.Who)
	if err := r.Apply(ctx, configMap(greeting, text), owner, client.ForceOwnership); err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, r.report(ctx, greeting, text)
}

func configMap(greeting *Greeting, text string) *corev1apply.ConfigMapApplyConfiguration {
	reference := metav1apply.OwnerReference().
		WithAPIVersion(groupVersion.String()).WithKind("Greeting").
		WithName(greeting.Name).WithUID(greeting.UID).
		WithController(true).WithBlockOwnerDeletion(true)
	return corev1apply.ConfigMap(greeting.Name, greeting.Namespace).
		WithOwnerReferences(reference).
		WithData(map[string]string{"text": text})
}

func (r *reconciler) report(ctx context.Context, greeting *Greeting, text string) error {
	before := greeting.DeepCopyObject().(*Greeting)
	greeting.Status.ObservedGeneration = greeting.Generation
	changed := meta.SetStatusCondition(&greeting.Status.Conditions, metav1.Condition{
		Type: "Ready", Status: metav1.ConditionTrue, Reason: "Greeted", Message: text,
		ObservedGeneration: greeting.Generation,
	})
	if !changed {
		return nil
	}
	r.recorder.Eventf(greeting, nil, corev1.EventTypeNormal, "Greeted", "Greet", "said %q", text)
	return r.Status().Patch(ctx, greeting, client.MergeFrom(before))
}

func (r *reconciler) sayFarewell(ctx context.Context, greeting *Greeting) error {
	farewell := corev1apply.ConfigMap(greeting.Name+"-farewell", greeting.Namespace).
		WithData(map[string]string{"text": fmt.Sprintf("Farewell, %s!", greeting.Spec.Who)})
	if err := r.Apply(ctx, farewell, owner, client.ForceOwnership); err != nil {
		return err
	}
	if !controllerutil.RemoveFinalizer(greeting, finalizer) {
		return nil
	}
	return r.Update(ctx, greeting)
}
