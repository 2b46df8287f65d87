package cuda

import "github.com/org/trustmae/kernels/cuda/internal/driver"

// graphMemory tells which blocks recorded work takes for its intermediate
// results. Such a block may serve other work between two launches, since all work
// is done in order, but it must be free at a launch, and it must not go back to
// the driver. memory's lock guards it.
type graphMemory struct {
	free map[int64][]driver.Ptr  // blocks of graphs that are not in use, by class
	held map[driver.Ptr]struct{} // those in use by other work
	sets map[*workingSet]struct{}
	uses map[driver.Ptr]int // graphs that take a block
	now  *workingSet        // of the work being recorded; nil: none is
}

// workingSet is the memory that a graph takes, by block.
type workingSet struct{ classes map[driver.Ptr]int64 }

func newGraphMemory() graphMemory {
	return graphMemory{
		free: make(map[int64][]driver.Ptr), held: make(map[driver.Ptr]struct{}),
		sets: make(map[*workingSet]struct{}), uses: make(map[driver.Ptr]int),
	}
}

// recording tells whether work is being recorded.
func (g *graphMemory) recording() bool { return g.now != nil }

// note is told of every block that is taken.
func (g *graphMemory) note(p driver.Ptr, class int64) {
	if g.now != nil {
		g.now.classes[p] = class
	}
}

// take returns a free block of some graph.
func (g *graphMemory) take(class int64) (p driver.Ptr, ok bool) {
	if p, ok = pop(g.free, class); ok {
		g.held[p] = struct{}{}
	}
	return p, ok
}

// give takes a block back and reports true if it is some graph's.
func (g *graphMemory) give(p driver.Ptr, class int64) bool {
	if g.uses[p] == 0 {
		return false
	}
	delete(g.held, p)
	g.free[class] = append(g.free[class], p)
	return true
}

// record begins to note which blocks are taken.
func (m *memory) record() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.graphs.now = &workingSet{make(map[driver.Ptr]int64)}
}

// recorded ends record and returns the blocks, a graph's from now on, and how
// many of them are in use.
func (m *memory) recorded() (set *workingSet, inUse int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g := &m.graphs
	set, g.now = g.now, nil
	g.sets[set] = struct{}{}
	inUse = len(set.classes)
	for class, list := range m.free {
		var others []driver.Ptr
		for _, p := range list {
			if _, taken := set.classes[p]; taken {
				g.free[class] = append(g.free[class], p)
				inUse--
			} else {
				others = append(others, p)
			}
		}
		m.free[class] = others
	}
	for p := range set.classes {
		if _, held := g.held[p]; g.uses[p] > 0 && !held {
			inUse-- // of an older graph, too
		}
		g.uses[p]++
	}
	return set, inUse
}

// whileFree calls launch and reports true if no block of a graph is in use, and
// none has gone to other work for good.
func (m *memory) whileFree(set *workingSet, launch func() error) (done bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, whole := m.graphs.sets[set]; !whole {
		return false, nil
	}
	for p := range m.graphs.held {
		if _, needed := set.classes[p]; needed {
			return false, nil
		}
	}
	return true, launch()
}

// forget ends a graph's claim to its blocks.
func (m *memory) forget(set *workingSet) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.release(set)
}

// reclaim ends all graphs' claims, so that their blocks can go back to the driver.
// It reports whether there were any.
func (m *memory) reclaim() bool {
	any := len(m.graphs.sets) > 0
	for set := range m.graphs.sets {
		m.release(set)
	}
	return any
}

func (m *memory) release(set *workingSet) {
	g := &m.graphs
	if _, whole := g.sets[set]; !whole {
		return
	}
	delete(g.sets, set)
	for p := range set.classes {
		if g.uses[p]--; g.uses[p] == 0 {
			delete(g.uses, p)
			delete(g.held, p)
		}
	}
	for class, list := range g.free {
		var others []driver.Ptr
		for _, p := range list {
			if g.uses[p] == 0 {
				m.free[class] = append(m.free[class], p)
			} else {
				others = append(others, p)
			}
		}
		g.free[class] = others
	}
}
