package memae

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestDefaultConfigIsValidAndSurvivesJSON(t *testing.T) {
	for _, category := range []string{"bottle", "capsule", "cable"} {
		c := PaperConfig(category)
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseConfig(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, c) {
			t.Errorf("%s: round trip gives\n%+v, want\n%+v", category, got, c)
		}
	}
}

func TestPaperConfig(t *testing.T) {
	if got := PaperConfig("capsule").Generator.Stages; got != 3 {
		t.Errorf("capsule has %d stages, want 3", got)
	}
	if a := PaperConfig("cable").Augment; a.FlipH || a.FlipV || a.Rot != "none" {
		t.Errorf("cable is augmented: %+v", a)
	}
}

func TestParseConfigKeepsDefaults(t *testing.T) {
	c, err := ParseConfig([]byte(`{"trust":{"delta2":-1},"memory":{"top_k":64}}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Trust.Delta2 != -1 || c.Memory.TopK != 64 || c.Trust.Reduce != "mean" || c.Size != 256 {
		t.Errorf("got %+v", c)
	}
}

func TestParseConfigRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"epoch":3}`:                         `unknown field "epoch"`,
		`{"loss":{"recc":1}}`:                 `unknown field "recc"`,
		`{} {}`:                               "text after",
		`{"size":100}`:                        "multiple of 32",
		`{"size":32}`:                         "size is 32, want 64 to 4096",
		`{"batch":1}`:                         "batch is 1, want 2",
		`{"generator":{"stages":4}}`:          "want 3 or 5",
		`{"generator":{"block":"triple"}}`:    `generator.block is "triple"`,
		`{"generator":{"classes":3}}`:         `scope "joint"`,
		`{"memory":{"top_k":65}}`:             "want at most memory.slots (64)",
		`{"score":{"pool":"median"}}`:         "want max, mean or top:P",
		`{"score":{"pool":"top:0"}}`:          "top:P",
		`{"augment":{"rot":"sometimes"}}`:     "rot",
		`{"optimizer":{"betas":[0.5,1.5]}}`:   "optimizer.betas[1]",
		`{"trust":{"grad":"nobody"}}`:         "both, enc, mem",
		`{"loss":{"rec":-1}}`:                 "loss.rec is -1",
		`{"noise":{"definition":"half"}}`:     "total, ratio",
		`{"optimizer":{"decay_epochs":1000}}`: "want 0 to 100",
	} {
		_, err := ParseConfig([]byte(text))
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}
