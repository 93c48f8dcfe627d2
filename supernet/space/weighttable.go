package space

// WeightTable lists the shared tensors of a family, each name once, at the largest size
// asked for. The zero value is empty.
type WeightTable struct {
	list []Weight
	at   map[string]int
}

// List returns the tensors in the order in which they were first added.
func (t *WeightTable) List() []Weight { return t.list }

// Add adds a tensor, or makes one of that name as large as w.
func (t *WeightTable) Add(w Weight) {
	i, ok := t.at[w.Name]
	if !ok {
		if t.at == nil {
			t.at = make(map[string]int)
		}
		t.at[w.Name] = len(t.list)
		t.list = append(t.list, w)
		return
	}
	have := &t.list[i]
	have.Zero = have.Zero || w.Zero
	have.OutC, have.InC = max(have.OutC, w.OutC), max(have.InC, w.InC)
	have.K = Sides{max(have.K.H, w.K.H), max(have.K.W, w.K.W)}
}

// Dense adds the weight of a convolution and its norm.
func (t *WeightTable) Dense(name, norm string, outC, inC int, k Sides) {
	t.Add(Weight{Name: name, Role: Dense, OutC: outC, InC: inC, K: k, G: 1})
	t.Norm(norm, outC)
}

// Depthwise adds the filters of a depthwise convolution of c channels and their
// norm.
func (t *WeightTable) Depthwise(name, norm string, c int, k Sides) {
	t.Add(Weight{Name: name, Role: Depthwise, OutC: c, K: k})
	t.Norm(norm, c)
}

// Norm adds a batch norm of c channels.
func (t *WeightTable) Norm(name string, c int) { t.Add(Weight{Name: name, Role: Norm, OutC: c}) }
