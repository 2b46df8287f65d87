package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	p, q := peer{name: "p"}, peer{name: "q"}
	lines := table([]row{
		{
			work: "A", peers: []peer{p, q},
			own: []timing{{Millis: 30, Rate: 100, Share: 20}, {Millis: 10, Rate: 400, Share: 80}, {Millis: 20, Rate: 200, Share: 40}},
			others: []timing{
				{from: "p", Variant: "one", Millis: 50}, {from: "p", Variant: "one", Millis: 60, MiB: 7}, {from: "p", Variant: "one", Millis: 70},
				{from: "p", Variant: "two", Millis: 5}, {from: "p", Variant: "two", Millis: 90}, {from: "p", Variant: "two", Millis: 95},
				{from: "q", Peer: "q 2.0", Variant: "x", Millis: 55},
			},
		},
		{work: "B", peers: []peer{p}, own: []timing{{Millis: 2}}, others: []timing{{from: "p", Millis: 1}}},
		{work: "C", own: []timing{{Millis: 123.4}}},
	})
	require.Equal(t, []string{
		"| work | ms | GFLOP/s | % of peak | MiB | p ms | MiB | q ms | MiB | ratio |",
		"|---|---|---|---|---|---|---|---|---|---|",
		// a variant counts by its median, not by its luckiest round
		"| A | 20.0 | 200 | 40 | – | 60.0 one | 7 | 55.0 x | – | 2.75 |",
		"| B | 2.00 | 0 | 0 | – | 1.00  | – | – | – | 0.50 |",
		"| C | 123 | 0 | 0 | – | – | – | – | – | – |",
	}, lines)
}

func TestLayerTable(t *testing.T) {
	own := []timing{{Millis: 2, Share: 80}}
	lines := layerTable([]row{
		{work: "net=n/layer=conv,3x3,s1/batch=1/pass=forward", own: own, others: []timing{{Peer: "p 1", Variant: "v", Millis: 3}, {Peer: "q", Millis: 4}}},
		{work: "net=n/layer=conv,3x3,s1/batch=1/pass=backward-weights", own: own},
		{work: "net=n/layer=conv,3x3,s1/batch=8/pass=backward-data", own: own, others: []timing{{Peer: "q", Millis: 1}}},
	})
	require.Equal(t, []string{
		"| layer | batch | forward: % of peak | fastest peer | ratio | backward-data: % of peak | fastest peer | ratio | backward-weights: % of peak | fastest peer | ratio |",
		"|---|---|---|---|---|---|---|---|---|---|---|",
		"| n conv 3x3 s1 | 1 | 80 | p 1 v | 1.50 | – | – | – | 80 | – | – |",
		"| n conv 3x3 s1 | 8 | – | – | – | 80 | q | 0.50 | – | – | – |",
	}, lines)
}
