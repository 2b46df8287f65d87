package torchpickle

import (
	"errors"
	"fmt"
	"strings"

	"github.com/org/trustmae/internal/safetensors"
)

// storageTypes are the allowed storage classes with the form of their values.
var storageTypes = map[global]safetensors.DType{
	"torch.FloatStorage":    safetensors.F32,
	"torch.HalfStorage":     safetensors.F16,
	"torch.BFloat16Storage": safetensors.BF16,
	"torch.DoubleStorage":   safetensors.F64,
	"torch.LongStorage":     safetensors.I64,
}

// functions are the allowed callables, each reimplemented here.
var functions map[global]func(m *machine, args tuple) (any, error)

func init() { // not a literal: the functions refer back to the machine's type
	functions = map[global]func(*machine, tuple) (any, error){
		"collections.OrderedDict":         orderedDict,
		"torch._utils._rebuild_tensor_v2": rebuildTensor,
		"torch._utils._rebuild_parameter": rebuildParameter,
		"torch.nn.parameter.Parameter":    rebuildParameter,
	}
}

// lookUp returns the global module.name if it is on the list.
func lookUp(module, name string) (global, error) {
	g := global(module + "." + name)
	_, isStorage := storageTypes[g]
	if _, isFunction := functions[g]; !isStorage && !isFunction {
		return "", fmt.Errorf("global %.64q is not allowed: the file holds more than tensors; "+
			"save only the state_dict with torch.save", g)
	}
	return g, nil
}

// orderedDict is collections.OrderedDict(), or with a list of pairs as
// Python 2 pickled it.
func orderedDict(m *machine, args tuple) (any, error) {
	d := newDict()
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*list)
	if !ok || len(args) != 1 {
		return nil, errors.New("collections.OrderedDict: want no argument or one list of pairs")
	}
	if err := m.spend(len(pairs.items)); err != nil {
		return nil, err
	}
	for _, item := range pairs.items {
		pair, ok := item.(tuple)
		if l, isList := item.(*list); isList {
			pair, ok = l.items, true
		}
		if !ok || len(pair) != 2 {
			return nil, fmt.Errorf("collections.OrderedDict: entry is %s, want a pair", kind(item))
		}
		if err := d.set(pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// rebuildTensor is torch._utils._rebuild_tensor_v2(storage, offset, size,
// stride, requires_grad, backward_hooks[, metadata]).
func rebuildTensor(_ *machine, args tuple) (any, error) {
	const name = "torch._utils._rebuild_tensor_v2"
	if len(args) != 6 && len(args) != 7 {
		return nil, fmt.Errorf("%s: %d arguments, want 6 or 7", name, len(args))
	}
	s, ok := args[0].(storage)
	if !ok {
		return nil, fmt.Errorf("%s: first argument is %s, want a storage", name, kind(args[0]))
	}
	offset, ok := args[1].(int64)
	if !ok {
		return nil, fmt.Errorf("%s: offset is %s, want int", name, kind(args[1]))
	}
	shape, err := intTuple(args[2])
	if err != nil {
		return nil, fmt.Errorf("%s: size: %w", name, err)
	}
	stride, err := intTuple(args[3])
	if err != nil {
		return nil, fmt.Errorf("%s: stride: %w", name, err)
	}
	v := view{storage: s, offset: offset, shape: shape, stride: stride}
	return v, v.check()
}

// rebuildParameter unwraps a parameter: its first argument is the tensor.
func rebuildParameter(_ *machine, args tuple) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("torch parameter without a tensor")
	}
	v, ok := args[0].(view)
	if !ok {
		return nil, fmt.Errorf("torch parameter of %s, want a tensor", kind(args[0]))
	}
	return v, nil
}

// maxKey bounds the bytes of a storage's key, which torch.save counts up or takes
// from an address.
const maxKey = 64

// loadStorage turns a persistent id into a storage:
// ('storage', class, key, location, numel[, view_metadata]). The location,
// such as cuda:0, says where the tensor once lived and is ignored.
func loadStorage(id any) (storage, error) {
	t, ok := id.(tuple)
	if !ok || len(t) < 5 || len(t) > 6 || t[0] != "storage" {
		return storage{}, fmt.Errorf("persistent id is not a storage (%s)", kind(id))
	}
	if len(t) == 6 && t[5] != nil {
		return storage{}, errors.New("storage is a view of another one: load and save the file with torch 1.6 or later")
	}
	class, _ := t[1].(global)
	dtype, ok := storageTypes[class]
	if !ok {
		return storage{}, fmt.Errorf("storage class is %s", kind(t[1]))
	}
	key, ok := t[2].(string)
	if !ok {
		return storage{}, fmt.Errorf("storage key is %s, want str", kind(t[2]))
	}
	if key == "" || len(key) > maxKey || strings.ContainsAny(key, `/\`) || key == "." || key == ".." {
		return storage{}, fmt.Errorf("storage key %.64q is not a plain name", key)
	}
	numel, ok := t[4].(int64)
	if !ok {
		return storage{}, fmt.Errorf("storage %s: size is %s, want int", key, kind(t[4]))
	}
	if numel < 0 || numel > maxNumel {
		return storage{}, fmt.Errorf("storage %s: size %d is out of range", key, numel)
	}
	return storage{key: key, dtype: dtype, numel: numel}, nil
}

func intTuple(v any) ([]int64, error) {
	t, ok := v.(tuple)
	if !ok {
		return nil, fmt.Errorf("is %s, want a tuple", kind(v))
	}
	ints := make([]int64, len(t))
	for i, item := range t {
		if ints[i], ok = item.(int64); !ok {
			return nil, fmt.Errorf("has %s, want int", kind(item))
		}
	}
	return ints, nil
}
