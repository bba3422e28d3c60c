package dataversesim

// define answers a request that changes the metadata.
func (s *Sim) define(r *request, path []segment) (*response, *failure) {
	return nil, wrongMethod(r)
}
