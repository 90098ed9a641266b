"""The subjects of questions and documents. Nothing here is medical advice; it only has to read like text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """A condition, with words that belong to it."""

    name: str
    sign: str
    treatment: str
    examination: str


_TABLE = """
hypertension | headaches and high readings | amlodipine | blood pressure measurement
type 2 diabetes | thirst and fatigue | metformin | HbA1c
asthma | wheezing at night | inhaled corticosteroids | spirometry
atrial fibrillation | palpitations | apixaban | an electrocardiogram
heart failure | swollen ankles | bisoprolol | echocardiography
chronic kidney disease | little urine | ramipril | creatinine clearance
COPD | breathlessness on stairs | tiotropium | spirometry
migraine | one-sided headache | sumatriptan | a neurological examination
pneumonia | fever and cough | amoxicillin | a chest X-ray
sepsis | confusion and low blood pressure | intravenous antibiotics | blood cultures and lactate
stroke | sudden weakness of an arm | thrombolysis | CT of the head
deep vein thrombosis | a painful swollen calf | heparin | compression ultrasound
hypothyroidism | tiredness and weight gain | levothyroxine | TSH
anemia | pale skin | iron tablets | a blood count
depression | low mood for weeks | sertraline | a structured interview
epilepsy | seizures | levetiracetam | electroencephalography
gout | a hot swollen toe | allopurinol | uric acid
osteoporosis | fractures after small falls | alendronate | bone density measurement
gastric reflux | heartburn after meals | omeprazole | endoscopy
urinary tract infection | burning on urination | nitrofurantoin | urine culture
allergic rhinitis | sneezing in spring | cetirizine | a skin prick test
psoriasis | scaly plaques | topical steroids | inspection of the skin
rheumatoid arthritis | morning stiffness | methotrexate | rheumatoid factor
angina | chest pain on effort | nitroglycerin | a stress test
hyperlipidemia | no symptoms at all | atorvastatin | a lipid profile
insomnia | waking at three | sleep hygiene | a sleep diary
back pain | pain that spreads to the leg | physiotherapy | a straight leg raise
appendicitis | pain that moves to the lower right | surgery | abdominal ultrasound
anaphylaxis | hives and trouble breathing | adrenaline | tryptase
dehydration | dizziness on standing | oral rehydration | electrolytes
"""

TOPICS: tuple[Topic, ...] = tuple(
    Topic(*(cell.strip() for cell in row.split("|"))) for row in _TABLE.strip().splitlines()
)
