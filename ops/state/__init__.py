"""What a state holds, its earlier versions, and the way back to one of them.

A state is read as the object that it is, from S3: no Terraform, no initialized folder and no provider is
needed, and a state that Terraform refuses can still be looked at.

    document    bytes -> State, or what is wrong with them
    store       the object, its versions, and the digest that the lock table keeps of it
    history     the versions in order, each with what it changed
    masking     what must not be shown
    comparison  two states
    restoring   an earlier version becomes the current one
    doctor      what is wrong, and the command that mends it
"""
